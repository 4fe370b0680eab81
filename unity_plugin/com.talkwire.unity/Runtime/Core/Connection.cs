namespace Talkwire.Core
{
    /// <summary>One ZeroMQ connection, with or without keys. No call of it waits but Wait. The network's thread calls.
    /// </summary>
    internal abstract class Connection
    {
        public enum Change
        {
            Nothing,
            Ready,
            Lost,

            /// <summary>Lost, and trying again would change nothing.</summary>
            Hopeless,
        }

        /// <summary>Why it was lost last, or did not come about.</summary>
        public Problem Problem { get; private set; }

        /// <summary>The peer has said who it is.</summary>
        public bool Ready { get; protected set; }

        /// <summary>Whether Wait can wait for it.</summary>
        public abstract bool Open { get; }

        /// <summary>Bytes that the network has not taken.</summary>
        public abstract int Waiting { get; }

        /// <summary>Begin to connect.</summary>
        public abstract void Connect(string host, int port);

        /// <summary>At once, in whatever state. Again is harmless.</summary>
        public abstract void Close();

        /// <summary>See what has become of it; each change is told once.</summary>
        public abstract Change Step();

        /// <summary>Take what the network has; false when it has nothing.</summary>
        public abstract bool Receive();

        /// <summary>The next message of what was received, valid until Receive.</summary>
        public abstract bool Next(out Bytes message);

        /// <summary>False when the network has not taken what waits, or nobody is there.</summary>
        public abstract bool Send(Bytes message);

        /// <summary>Read what starts with this, or read it no more. The same answers as Send.</summary>
        public abstract bool Subscribe(byte[] prefix, bool wanted);

        /// <summary>Give the network what it takes.</summary>
        public abstract void Send();

        /// <summary>The same for the last time: what it has taken still goes out after Close, which comes next.</summary>
        public abstract void Finish();

        /// <summary>Wait until something comes, at most this long.</summary>
        public abstract void Wait(int microseconds);

        protected static Problem NoConnection(string place, string seen, string cure = "")
        {
            return new Problem("link", "there is no connection to " + place, seen, "a talkwire server",
                "start one with: talkwire serve" + cure);
        }

        protected Change Lose(Problem why, bool hopeless = false)
        {
            Problem = why;
            Close();
            return hopeless || why.Code == "denied" ? Change.Hopeless : Change.Lost;
        }
    }
}
