using System;

namespace Talkwire.Core
{
    /// <summary>Where the player's sound goes, and the clock it follows: 16-bit mono sound, one stream at a
    /// time.</summary>
    public interface ISink
    {
        /// <summary>A new stream, from sample 0; whatever was playing is cut.</summary>
        void Start(int sampleRateHz, long nowNs);

        /// <summary>More of it, to be played without a gap.</summary>
        void Write(short[] samples, int offset, int count);

        /// <summary>How many samples of what was written since Start reach the ear now, at whatever speed. Where
        /// nothing is left to play, it stands still.</summary>
        long Heard(long nowNs);

        /// <summary>Whether what was written has run out.</summary>
        bool Dry(long nowNs);

        /// <summary>How many samples to play in the time of one: within a thousandth of 1. Start makes it 1.</summary>
        void SetSpeed(double speed, long nowNs);

        /// <summary>Silence, as soon as it does not click: after 10 ms.</summary>
        void Stop();
    }

    /// <summary>No sound, but the clock of a perfect loudspeaker: real time, waiting where sound is missing.</summary>
    public sealed class SilentSink : ISink
    {
        private int _rateHz = 1;
        private long _written, _sinceNs;
        private double _heard;  // at _sinceNs

        public double Speed { get; private set; } = 1.0;

        public void Start(int sampleRateHz, long nowNs)
        {
            _rateHz = sampleRateHz;
            _sinceNs = nowNs;
            _written = 0;
            _heard = 0;
            Speed = 1.0;
        }

        public void Write(short[] samples, int offset, int count)
        {
            _written += count;
        }

        public long Heard(long nowNs)
        {
            return (long)Follow(nowNs);
        }

        public bool Dry(long nowNs)
        {
            return _written > 0 && Follow(nowNs) >= _written;
        }

        public void SetSpeed(double speed, long nowNs)
        {
            if (speed != Speed)
            {
                _heard = Follow(nowNs);
                _sinceNs = nowNs;
                Speed = speed;
            }
        }

        public void Stop()
        {
            _written = 0;
            _heard = 0;
        }

        private double Follow(long nowNs)
        {
            double heard = _heard + (double)Math.Max(0, nowNs - _sinceNs) * _rateHz * Speed / Ns.PerS;
            if (heard > _written)
            {
                _heard = heard = _written;
                _sinceNs = nowNs;
            }
            return heard;
        }
    }
}
