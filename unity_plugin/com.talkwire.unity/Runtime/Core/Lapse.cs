namespace Talkwire.Core
{
    /// <summary>What to do while nothing comes: hold the picture, which may only be late; then let the face rest.
    /// See docs/playing.md, rule 8.</summary>
    public struct Lapse
    {
        public const double HoldS = 0.2;  // a mouth that stands open for longer is seen

        private bool _missing;
        private long _sinceNs;

        public bool Resting { get; private set; }

        /// <summary>Whether the face rests now.</summary>
        /// <param name="missing">whether what belongs here has not come</param>
        /// <param name="far">whether what there is belongs to a moment that is HoldS off or more</param>
        /// <param name="nowNs">the time</param>
        public bool Step(bool missing, bool far, long nowNs)
        {
            if (!missing && !far)
            {
                _missing = Resting = false;
                return false;
            }
            if (!_missing)
            {
                _missing = true;
                _sinceNs = nowNs;
            }
            Resting = Resting || far || nowNs - _sinceNs > HoldS * Ns.PerS;
            return Resting;
        }

        /// <summary>It is not late but gone.</summary>
        public void Cut(long nowNs)
        {
            _sinceNs = nowNs;
            _missing = Resting = true;
        }
    }
}
