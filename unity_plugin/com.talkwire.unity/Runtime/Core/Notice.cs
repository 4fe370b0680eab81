namespace Talkwire.Core
{
    public enum NoticeKind
    {
        /// <summary>The server knows this client. Run, Restarted.</summary>
        Welcome,

        /// <summary>The connection has gone, and is tried again. Why, Problem.</summary>
        Lost,

        /// <summary>The server does not want this client: nothing is tried until it is started again. Problem.</summary>
        Refused,

        /// <summary>Npc, Frames.</summary>
        Opened,

        /// <summary>Npc: it is gone, by the server.</summary>
        Closed,

        /// <summary>Npc, Generation.</summary>
        Interrupted,

        /// <summary>The state of what is said has changed, or as what it is spoken: Line, Utterance.</summary>
        Line,

        /// <summary>A request was refused, or something was no message. Problem; Of, Npc and Avatar where they are known.
        /// </summary>
        Error,
    }

    /// <summary>What a game is told of its connection, its NPCs and its lines. Rare, and never changes.</summary>
    public sealed class Notice
    {
        public readonly NoticeKind Kind;

        public Notice(NoticeKind kind)
        {
            Kind = kind;
            Of = Run = Frames = Why = "";
        }

        public Npc Npc { get; internal set; }
        public Line Line { get; internal set; }
        public Problem Problem { get; internal set; }

        /// <summary>The request that went wrong: "Open", ...</summary>
        public string Of { get; internal set; }

        /// <summary>That it was about; null: about none.</summary>
        public string Avatar { get; internal set; }

        /// <summary>Of the server: another one after a restart.</summary>
        public string Run { get; internal set; }

        /// <summary>It is not the server that was there before.</summary>
        public bool Restarted { get; internal set; }

        /// <summary>The plane of frames that suits this client.</summary>
        public string Frames { get; internal set; }

        public uint Generation { get; internal set; }

        /// <summary>That a line is spoken as, now: as Happening has it; 0: not known, or not yet.</summary>
        public uint Utterance { get; internal set; }

        /// <summary>"connection", "silence", or the code of what the server said.</summary>
        public string Why { get; internal set; }
    }
}
