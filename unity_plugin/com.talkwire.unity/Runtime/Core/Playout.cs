using System;

namespace Talkwire.Core
{
    /// <summary>The sound of the line that is heard: gathered until there is enough, given to the sink, followed,
    /// sped. An underrun is sound that ran out in mid-line; what comes then is gathered to the target again before it
    /// goes on: one pause, no stutter. See docs/playing.md, rules 3 to 7.</summary>
    internal sealed class Playout
    {
        private const double MaxGapS = 10.0;  // of lost sound, filled with silence
        private const double MostGivenS = 2.0;  // to the sink beyond what is heard

        private readonly ISink _sink;
        private readonly JitterBuffer _buffer;
        private readonly Stats _stats;
        private Track _track;
        private bool _open;  // the sink has a stream for it,
        private long _given;  // and so many samples
        private long _dryNs, _overNs;  // _overNs: when its end was heard
        private bool _over;
        private Drift _drift;

        public Playout(ISink sink, JitterBuffer buffer, Stats stats)
        {
            _sink = sink;
            _buffer = buffer;
            _stats = stats;
        }

        /// <summary>How much later than its sound a moment is shown; below 0, frames must come sooner.</summary>
        public double OffsetS;

        /// <summary>Else it is gathered.</summary>
        public bool Flowing { get; private set; }

        /// <summary>What must have come beyond what is heard.</summary>
        public double WantedS
        {
            get { return _buffer.TargetS + EarlyS; }
        }

        private double EarlyS
        {
            get { return Math.Max(0.0, -OffsetS); }
        }

        /// <summary>This line, which is ready, from its first sound on.</summary>
        public void Begin(Track track, long nowNs)
        {
            Stop();
            _track = track;
            _drift = default(Drift);
            _over = false;
            Flow(nowNs);
        }

        /// <summary>Silence, after a fade.</summary>
        public void Stop()
        {
            _sink.Stop();
            _track = null;
            _open = Flowing = false;
        }

        /// <summary>Notice an underrun, end one, follow the sender's clock.</summary>
        public void Step(long nowNs)
        {
            if (_track == null)
            {
                return;
            }
            if (Flowing && !_track.SoundComplete && _sink.Dry(nowNs))
            {
                Flowing = false;
                _dryNs = nowNs;
                _stats.Underruns++;
                _buffer.Underrun();
            }
            else if (!Flowing && _track.Ready(Heard(nowNs), WantedS))
            {
                _stats.RebufferedMs.Add((nowNs - _dryNs) / 1e6);
                Flow(nowNs);
            }
            if (Flowing)
            {
                Pour(nowNs);
                Steer(nowNs);
            }
            if (!_over && IsOver(_track, nowNs))
            {
                _over = true;
                _overNs = nowNs;
            }
        }

        /// <summary>The place in its line that is heard; before it begins, where it will.</summary>
        public long Heard(long nowNs)
        {
            return _track.Begins + (_open ? _sink.Heard(nowNs) : 0);
        }

        /// <summary>The place in its line that is to be seen. It goes on when the sound has ended.</summary>
        public long Seen(long nowNs)
        {
            double laterS = OffsetS;
            if (_over)
            {
                laterS -= Math.Min(Math.Max(0.0, laterS), Ns.Seconds(nowNs - _overNs));
            }
            return Heard(nowNs) - (long)Math.Round(laterS * _track.RateHz);
        }

        /// <summary>What is heard, in seconds; nothing of a line that is not on.</summary>
        public double HeardS(Track track, long nowNs)
        {
            return track == _track ? track.Seconds(Heard(nowNs)) : 0.0;
        }

        /// <summary>Whether the line was heard to its end.</summary>
        public bool IsOver(Track track, long nowNs)
        {
            return track == _track && track.SoundComplete && Heard(nowNs) >= track.End;
        }

        /// <summary>Whether there is sound.</summary>
        public bool IsHeard(long nowNs)
        {
            return _track != null && Flowing && !IsOver(_track, nowNs);
        }

        /// <summary>So many samples are missing before pts. Silence takes their place; where that is too late, a new
        /// beginning.</summary>
        public void Lost(Track track, long gap, long pts, long nowNs)
        {
            _stats.SoundGaps++;
            bool current = track == _track, dry = current && (!Flowing || _sink.Dry(nowNs));
            if (gap <= MaxGapS * track.RateHz && !dry)
            {
                track.AddSound(default(Bytes), (int)gap);
                return;
            }
            track.Rejoin(pts);
            if (current)
            {
                _sink.Stop();
                _open = Flowing = false;
                _dryNs = nowNs;
            }
        }

        private void Flow(long nowNs)
        {
            if (!_open)
            {
                _sink.Start(_track.RateHz, nowNs);
                _given = 0;
            }
            _open = Flowing = true;
            Pour(nowNs);
        }

        private void Pour(long nowNs)
        {
            double most = _sink.Heard(nowNs) + MostGivenS * _track.RateHz;
            for (int poured = 1; poured > 0 && _given < most; _given += poured)
            {
                poured = _track.Sound.Pour(_sink);
            }
        }

        private void Steer(long nowNs)
        {
            double speed = 1.0;
            if (!_track.SoundComplete && !_track.FramesComplete)
            {
                double aheadS = _track.Seconds(_track.Reach - Heard(nowNs)) - EarlyS;
                _buffer.DepthMs = aheadS * 1e3;
                _stats.Buffered(_buffer.TargetMs, _buffer.DepthMs);
                speed = _drift.Speed(aheadS, _buffer.TargetS, _track.LeadS, nowNs);
            }
            _sink.SetSpeed(speed, nowNs);
        }
    }
}
