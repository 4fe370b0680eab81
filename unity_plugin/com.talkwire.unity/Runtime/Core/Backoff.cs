using System;

namespace Talkwire.Core
{
    /// <summary>How long to wait before the next try: twice as long each time, up to a limit, and up to a quarter less by
    /// chance, so that a crowd of games does not come back to a restarted server all at once.</summary>
    public sealed class Backoff
    {
        public const long FirstNs = Ns.PerS / 4, MostNs = 5 * Ns.PerS;

        private long _waitNs = FirstNs;

        /// <summary>The wait before the next try, in ns.</summary>
        /// <param name="chance">From 0 to 1.</param>
        public long NextNs(double chance)
        {
            long waitNs = _waitNs;
            _waitNs = Math.Min(2 * waitNs, MostNs);
            return waitNs - (long)(waitNs * chance / 4);
        }

        /// <summary>It worked: the next wait is short again.</summary>
        public void Reset()
        {
            _waitNs = FirstNs;
        }
    }
}
