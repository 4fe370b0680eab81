using System;

namespace Talkwire.Core
{
    /// <summary>Following a sender whose clock is not the sound card's: a little slower or quicker, never a jump.
    /// What is ahead of the ear is watched; outside of its zone, speed changes by at most a thousandth, two
    /// hundredths of a semitone. See docs/playing.md, rule 5.</summary>
    public struct Drift
    {
        public const double Most = 0.001;
        private const double FullS = 0.01;  // so far outside of the zone, speed has changed by Most
        private const double RoomS = 0.04;  // above the target: needless delay, but no harm
        private const double SmoothS = 2.0;  // a stall is not drift

        private bool _began;
        private double _aheadS;
        private long _lastNs;

        /// <summary>At which to play now.</summary>
        /// <param name="aheadS">what has come beyond what is heard</param>
        /// <param name="targetS">of the jitter buffer</param>
        /// <param name="leadS">how early the line is sent</param>
        /// <param name="nowNs">the time</param>
        public double Speed(double aheadS, double targetS, double leadS, long nowNs)
        {
            if (!_began)
            {
                _began = true;
                _aheadS = aheadS;
                _lastNs = nowNs;
            }
            double share = Math.Min(1.0, Ns.Seconds(Math.Max(0, nowNs - _lastNs)) / SmoothS);
            _lastNs = nowNs;
            _aheadS += share * (aheadS - _aheadS);
            double lowS = targetS, highS = targetS + leadS + RoomS;
            double outsideS = _aheadS - Math.Min(Math.Max(_aheadS, lowS), highS);
            return 1.0 + Most * Math.Min(1.0, Math.Max(-1.0, outsideS / FullS));
        }
    }
}
