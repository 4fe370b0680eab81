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
            bool near = Math.Abs(wanted - seen) <= within;
            That(near, what + ": saw " + seen + ", wanted " + wanted + " within " + within);
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

        /// <summary>That this allocates nothing, not a byte, once it has run.</summary>
        public static void AllocatesNothing(int times, Action action)
        {
            action();
            action();
            int collections = GC.CollectionCount(0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < times; i++)
            {
                action();
            }
            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            That(taken == 0 && GC.CollectionCount(0) == collections,
                taken + " bytes and " + (GC.CollectionCount(0) - collections) + " collections in " + times + " times");
        }

        public static void AllocatesNothing(Action action)
        {
            AllocatesNothing(1000, action);
        }
    }
}
