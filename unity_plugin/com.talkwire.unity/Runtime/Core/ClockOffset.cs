namespace Talkwire.Core
{
    /// <summary>How far this client's clock is ahead of the server's, by Cristian's algorithm: the shortest round trip
    /// bounds it best, and slowly expires, as clocks drift.</summary>
    public sealed class ClockOffset
    {
        private const long Unknown = 1L << 62;

        private long _roundTripNs = Unknown;

        /// <summary>Add it to the server's time to get this client's.</summary>
        public long OffsetNs { get; private set; }

        /// <summary>A ping that left at sentNs came back at nowNs (this clock), having been there at serverNs (its).
        /// </summary>
        public void Measure(long sentNs, long serverNs, long nowNs)
        {
            long roundTripNs = nowNs - sentNs;
            if (roundTripNs < 0)  // no answer to anything that was said
            {
                return;
            }
            if (roundTripNs <= _roundTripNs)
            {
                _roundTripNs = roundTripNs;
                OffsetNs = sentNs + roundTripNs / 2 - serverNs;
            }
            else
            {
                _roundTripNs += roundTripNs / 1000;
            }
        }

        /// <summary>It is another server's clock from now on.</summary>
        public void Forget()
        {
            _roundTripNs = Unknown;
        }
    }
}
