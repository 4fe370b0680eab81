using System;

namespace Talkwire.Core
{
    /// <summary>
    /// How long to wait before the next try: twice as long each time, up to a limit, and up to a quarter less by
    /// chance, so that a crowd of games does not come back to a restarted server all at once.
    /// </summary>
    public sealed class Backoff
    {
        public const long FirstNs = 50000000, MostNs = 2000000000;

        private readonly Random _chance;
        private long _nextNs = FirstNs;

        /// <param name="seed">Of the chance; the same one gives the same waits.</param>
        public Backoff(int seed)
        {
            _chance = new Random(seed);
        }

        /// <summary>The wait before the next try, in ns.</summary>
        public long Next()
        {
            long wait = _nextNs;
            _nextNs = Math.Min(2 * _nextNs, MostNs);
            return wait - (long)(0.25 * _chance.NextDouble() * wait);
        }

        /// <summary>It worked: the next wait is short again.</summary>
        public void Reset()
        {
            _nextNs = FirstNs;
        }
    }
}
