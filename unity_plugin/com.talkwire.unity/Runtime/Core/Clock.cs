using System.Diagnostics;

namespace Talkwire.Core
{
    /// <summary>The clock of everything that arrives: monotonic, from an origin of its own. It starts nothing and keeps
    /// nothing.</summary>
    public static class Clock
    {
        public static long NowNs
        {
            get
            {
                long ticks = Stopwatch.GetTimestamp(), hz = Stopwatch.Frequency;
                return ticks / hz * Ns.PerS + ticks % hz * Ns.PerS / hz;
            }
        }
    }
}
