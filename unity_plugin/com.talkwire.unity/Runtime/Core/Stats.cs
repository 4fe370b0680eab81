using System;

namespace Talkwire.Core
{
    /// <summary>The latest Kept values of something, in ms. Its memory is taken at once.</summary>
    public sealed class Samples
    {
        public const int Kept = 3600;  // a minute at 60 a second

        private readonly double[] _values = new double[Kept];
        private double[] _sorted;
        private long _added;

        public int Count
        {
            get { return (int)Math.Min(_added, Kept); }
        }

        /// <summary>One more; the oldest gives way.</summary>
        public void Add(double value)
        {
            _values[_added++ % Kept] = value;
        }

        /// <summary>The value that a share of them (0 to 1) does not exceed; NaN where there are none.</summary>
        public double Percentile(double share)
        {
            if (Count == 0)
            {
                return double.NaN;
            }
            _sorted = _sorted ?? new double[Kept];
            Array.Copy(_values, _sorted, Count);
            Array.Sort(_sorted, 0, Count);
            return Between(_sorted, Count, share);
        }

        /// <summary>The same of values in order: linear between two of them.</summary>
        internal static double Between(double[] sorted, int count, double share)
        {
            double place = (count - 1) * share;
            int below = (int)place;
            double a = sorted[below], b = sorted[Math.Min(below + 1, count - 1)];
            return a + (b - a) * (place - below);
        }
    }

    /// <summary>What a player measures: counters, and the latest samples of times in ms. See docs/playing.md, rule
    /// 11.</summary>
    public sealed class Stats
    {
        /// <summary>Frames by their numbers, so that it includes what never arrived.</summary>
        public long Sent;
        public long Received;

        /// <summary>Frames that came after the sound of their moment was heard.</summary>
        public long Late;

        /// <summary>Pictures of lines that were shown, and those of a face at rest while sound went on without
        /// frames.</summary>
        public long Pictures, Rested;
        public long SoundGaps;

        /// <summary>Sounds that ran out in mid-line.</summary>
        public long Underruns;

        public readonly Samples TransitMs = new Samples();

        /// <summary>|moment shown - moment heard| when a picture of a line comes on the screen; with its sign, positive
        /// where sound is early; and just before the picture is replaced.</summary>
        public readonly Samples AvErrorMs = new Samples(), AvSignedMs = new Samples(), AvHeldMs = new Samples();
        public readonly Samples FirstFrameMs = new Samples();

        /// <summary>How long it took after an underrun until sound went on.</summary>
        public readonly Samples RebufferedMs = new Samples();
        public readonly Samples BufferTargetMs = new Samples(), BufferDepthMs = new Samples();

        private long _utterance = -1, _nextSeq;  // of the newest frame
        private long _startedUtterance = -1, _startedNs;  // until its first frame comes

        /// <summary>Frames that were sent and never arrived.</summary>
        public long Dropped
        {
            get { return Sent - Received; }
        }

        internal void Frame(Wire.Stamp stamp, int every, long transitNs, long nowNs, bool late)
        {
            bool awaited = _startedUtterance == stamp.Utterance;
            long expected = _nextSeq;
            if (_utterance != stamp.Utterance)
            {
                _utterance = stamp.Utterance;
                expected = stamp.Has(Wire.Flag.Idle) || !awaited ? stamp.Seq : 0;
            }
            _nextSeq = stamp.Seq + 1L;
            Sent += Math.Max(1, (stamp.Seq - expected) / every + 1);
            Received++;
            Late += late ? 1 : 0;
            TransitMs.Add(transitNs / 1e6);
            if (awaited)
            {
                _startedUtterance = -1;
                FirstFrameMs.Add((nowNs - _startedNs) / 1e6);
            }
        }

        /// <summary>The server began a line whose first audio it heard then, by the receiver's clock.</summary>
        internal void LineStarted(long utterance, long heardNs)
        {
            _startedUtterance = utterance;
            _startedNs = heardNs;
        }

        /// <summary>A picture of a line is on the screen.</summary>
        /// <param name="errorS">moment shown - moment heard</param>
        internal void Displayed(double errorS)
        {
            Pictures++;
            AvErrorMs.Add(Math.Abs(errorS) * 1e3);
            AvSignedMs.Add(-errorS * 1e3);
        }

        /// <summary>The same just before the picture is replaced: its worst moment.</summary>
        internal void Held(double errorS)
        {
            AvHeldMs.Add(Math.Abs(errorS) * 1e3);
        }

        internal void Buffered(double targetMs, double depthMs)
        {
            BufferTargetMs.Add(targetMs);
            BufferDepthMs.Add(depthMs);
        }
    }
}
