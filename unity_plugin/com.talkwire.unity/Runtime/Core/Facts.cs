namespace Talkwire.Core
{
    /// <summary>What is known of the server at one moment. Never changes: a later moment is another object.</summary>
    public sealed class Facts
    {
        public readonly SessionState State;

        /// <summary>What is wrong with a connection to it; null: nothing, or it was not tried yet.</summary>
        public readonly Problem Problem;

        /// <summary>Of the server: another one after a restart; null: there was none yet.</summary>
        public readonly string Run;

        /// <summary>Whom it can show.</summary>
        public readonly string[] Avatars = { };

        /// <summary>How often it has said welcome.</summary>
        public readonly long Greetings;

        /// <summary>The share of its time that it works, and how many steps of quality it saves.</summary>
        public readonly double Load;
        public readonly int Level;

        internal Facts()
        {
        }

        /// <summary>The thread that would know more has failed.</summary>
        internal Facts(Problem fault)
        {
            State = SessionState.Failed;
            Problem = fault;
        }

        internal Facts(Session session)
        {
            State = session.State;
            Problem = session.Problem;
            Run = session.Run;
            Avatars = session.Avatars;
            Greetings = session.Greetings;
            Load = session.Load;
            Level = session.Level;
        }

        internal bool Are(Session session)
        {
            return State == session.State && Problem == session.Problem && Run == session.Run
                && Greetings == session.Greetings && Load == session.Load && Level == session.Level;
        }
    }
}
