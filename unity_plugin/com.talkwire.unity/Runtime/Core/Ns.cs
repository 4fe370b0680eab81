namespace Talkwire.Core
{
    /// <summary>Nanoseconds of a monotonic clock, as samples and seconds.</summary>
    internal static class Ns
    {
        public const long PerS = 1000000000;

        public static double Seconds(long ns)
        {
            return ns / (double)PerS;
        }

        /// <summary>Samples in that time, rounded down. Exact for centuries, where ns times Hz would
        /// overflow.</summary>
        public static long Samples(long ns, int rateHz)
        {
            long seconds = ns / PerS, rest = ns % PerS;
            if (rest < 0)
            {
                seconds--;
                rest += PerS;
            }
            return seconds * rateHz + rest * rateHz / PerS;
        }
    }
}
