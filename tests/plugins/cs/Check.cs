using System;

namespace Talkwire.Tests
{
    public sealed class CheckFailed : Exception
    {
        public CheckFailed(string message) : base(message)
        {
        }
    }

    /// <summary>What a test says must be so.</summary>
    public static class Check
    {
        public static void That(bool holds, string what)
        {
            if (!holds)
            {
                throw new CheckFailed(what);
            }
        }

        public static void Equal<T>(T wanted, T seen, string what = "")
        {
            That(Equals(wanted, seen), what + ": saw " + seen + ", wanted " + wanted);
        }

        public static void Near(double wanted, double seen, double within, string what = "")
        {
            That(Math.Abs(wanted - seen) <= within, what + ": saw " + seen + ", wanted " + wanted + " within " + within);
        }

        /// <summary>No problem.</summary>
        public static void Good(Core.Problem problem)
        {
            That(problem == null, "" + problem);
        }

        /// <summary>A problem whose sentence has this in it.</summary>
        public static void Refused(Core.Problem problem, string part = "")
        {
            That(problem != null, "nothing was refused, wanted " + part);
            That(problem.ToString().Contains(part), "saw " + problem + ", wanted " + part);
        }

        /// <summary>That this allocates nothing once it has run: so often that the smallest object would show above the
        /// collector's grain.</summary>
        public static void AllocatesNothing(Action action)
        {
            const int times = 20000, grainBytes = 1 << 17;
            action();
            action();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            int collections = GC.CollectionCount(0);
            long before = GC.GetTotalMemory(false);
            for (int i = 0; i < times; i++)
            {
                action();
            }
            long taken = GC.GetTotalMemory(false) - before;
            That(GC.CollectionCount(0) == collections && taken < grainBytes,
                taken + " bytes and " + (GC.CollectionCount(0) - collections) + " collections in " + times + " times");
        }
    }
}
