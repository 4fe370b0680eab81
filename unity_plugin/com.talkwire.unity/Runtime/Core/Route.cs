namespace Talkwire.Core
{
    /// <summary>One of the three connections to a server.</summary>
    public enum Route
    {
        Control,
        Media,
        Motion,
    }

    internal static class Routes
    {
        public const int Count = 3;

        /// <summary>By which one messages of a plane come.</summary>
        public static Route Of(string plane)
        {
            return Topic.IsMotion(plane) ? Route.Motion : Route.Media;
        }
    }

    /// <summary>How far one of the three is, and when it is tried again.</summary>
    internal sealed class Way
    {
        public enum Condition
        {
            Off,
            Connecting,
            On,
            Waiting,  // for the next try
        }

        public readonly Route Route;
        public readonly Backoff Backoff = new Backoff();
        public Condition State;
        public int Port;  // 0: the client's own
        public long UntilNs;  // of Connecting or Waiting

        public Way(Route route)
        {
            Route = route;
        }
    }
}
