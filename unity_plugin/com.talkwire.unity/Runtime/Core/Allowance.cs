using System;

namespace Talkwire.Core
{
    /// <summary>Messages of one connection: the server ignores who sends more than 1,000 a second, or 4,000 at once.
    /// </summary>
    internal sealed class Allowance
    {
        private const double PerS = 800, AtOnce = 3000;

        private double _left = AtOnce;
        private long _sinceNs = -1;

        public bool Any
        {
            get { return _left >= 1; }
        }

        public void Take()
        {
            _left--;
        }

        public void Refill(long nowNs)
        {
            if (_sinceNs >= 0)
            {
                _left = Math.Min(AtOnce, _left + PerS * (nowNs - _sinceNs) / Ns.PerS);
            }
            _sinceNs = nowNs;
        }
    }
}
