using System;

namespace Talkwire.Core
{
    /// <summary>How far sound and frames must reach beyond what is heard before a line may go on. The time that
    /// messages are under way is learned from every frame, idle ones too; the target is what the slowest but a few
    /// took longer than the quickest. It rises at once and falls slowly. See docs/playing.md, rule 4.</summary>
    public sealed class JitterBuffer
    {
        public const double LeastMs = 20, MostMs = 120;  // the least is more than a frame's time
        public const double FirstMs = 60;  // until enough has been seen
        private const int Enough = 30, Remembered = 256;  // frames
        private const double Share = 0.95, MarginMs = 5, FallMsPerS = 10, UnderrunMs = 20;

        private readonly double[] _transitsMs = new double[Remembered];  // a ring, and the same in order
        private readonly double[] _sortedMs = new double[Remembered];
        private int _count, _oldest;
        private double _leastMs = LeastMs, _mostMs = MostMs;
        private bool _seen;
        private long _seenNs;

        /// <summary>What to wait for.</summary>
        public double TargetMs { get; private set; }

        /// <summary>What there is, of the line that is heard.</summary>
        public double DepthMs { get; internal set; }

        public JitterBuffer()
        {
            TargetMs = FirstMs;
        }

        public double TargetS
        {
            get { return TargetMs / 1e3; }
        }

        /// <summary>Sets the limits of the target. Returns what is wrong with them, and changes nothing then.</summary>
        public Problem Limit(double leastMs, double mostMs)
        {
            if (!(leastMs >= 0 && leastMs <= mostMs && mostMs <= 2000))
            {
                return new Problem("protocol", "the jitter buffer has no such limits",
                    Problem.Number(leastMs) + " to " + Problem.Number(mostMs) + " ms",
                    "0 to 2000 ms, the least one first", "take " + LeastMs + " and " + MostMs);
            }
            _leastMs = leastMs;
            _mostMs = mostMs;
            TargetMs = Within(TargetMs);
            return null;
        }

        /// <summary>A frame was this long under way, by two clocks that need not agree.</summary>
        public void Arrived(long transitNs, long nowNs)
        {
            Remember(transitNs / 1e6);
            bool first = !_seen;
            double fallMs = FallMsPerS * Math.Max(0, nowNs - _seenNs) / Ns.PerS;
            _seen = true;
            _seenNs = nowNs;
            if (_count < Enough || first)
            {
                return;
            }
            double wantedMs = Within(SlowestMs() + MarginMs);
            TargetMs = _count == Enough ? wantedMs : Math.Max(wantedMs, TargetMs - fallMs);
        }

        /// <summary>The target was too little: something else than the network is late.</summary>
        public void Underrun()
        {
            TargetMs = Within(TargetMs + UnderrunMs);
        }

        private void Remember(double transitMs)
        {
            if (_count == Remembered)
            {
                int gone = Array.BinarySearch(_sortedMs, 0, _count, _transitsMs[_oldest]);
                _count--;
                Array.Copy(_sortedMs, gone + 1, _sortedMs, gone, _count - gone);
            }
            int at = Array.BinarySearch(_sortedMs, 0, _count, transitMs);
            at = at < 0 ? ~at : at;
            Array.Copy(_sortedMs, at, _sortedMs, at + 1, _count - at);
            _sortedMs[at] = transitMs;
            _count++;
            _transitsMs[_oldest] = transitMs;
            _oldest = (_oldest + 1) % Remembered;
        }

        private double SlowestMs()
        {
            return Samples.Between(_sortedMs, _count, Share) - _sortedMs[0];
        }

        private double Within(double valueMs)
        {
            return Math.Min(_mostMs, Math.Max(_leastMs, valueMs));
        }
    }
}
