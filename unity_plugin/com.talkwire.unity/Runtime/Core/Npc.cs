using System.Collections.Generic;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    public enum NpcState
    {
        /// <summary>For a server, or to be asked for.</summary>
        Waiting,

        /// <summary>It was asked for; an avatar may have to be loaded.</summary>
        Opening,

        Open,

        /// <summary>Npc.Problem says why. Asked for again when a server comes, or by Open.</summary>
        Refused,

        /// <summary>By the server: it failed, or the server stops. As Refused.</summary>
        Closed,

        /// <summary>By the game, for good.</summary>
        Left,
    }

    /// <summary>An NPC as a game has it: what it says, what is read of it, what became of it. Every call returns at once
    /// and throws nothing; what it asks for is done by the network's thread, and again after a restart of the server.
    /// </summary>
    /// <remarks>Any thread; packets are taken by one.</remarks>
    public sealed class Npc
    {
        private const int MostAtOnce = 256;  // messages of a tick; a stream has five

        private readonly ILinkDoor _door;
        private readonly Inbox _inbox = new Inbox();
        private volatile int _state;
        private volatile Problem _problem;
        private volatile Opened _opened;

        internal Npc(string session, string avatar, Session owner, ILinkDoor door)
        {
            Session = session;
            Avatar = avatar;
            _door = door;
            Reading = new Reading(session, owner);
            Speaker = new Speaker(session, owner);
        }

        public string Session { get; private set; }

        /// <summary>Who it is to be; empty: the server's first.</summary>
        public string Avatar { get; internal set; }

        public NpcState State
        {
            get { return (NpcState)_state; }
            internal set { _state = (int)value; }
        }

        /// <summary>What was refused last; null: nothing.</summary>
        public Problem Problem
        {
            get { return _problem; }
            internal set { _problem = value; }
        }

        /// <summary>What the server said when it was opened last; null: it never was.</summary>
        public Opened Opened
        {
            get { return _opened; }
        }

        /// <summary>Frames and patches that gave way to newer ones, as nobody took them.</summary>
        public long Overtaken
        {
            get { return _inbox.Overtaken; }
        }

        /// <summary>Sound and events that found no room after more than a minute, or 64 MiB, that nobody took.</summary>
        public long Lost
        {
            get { return _inbox.Lost; }
        }

        /// <summary>Receive its mesh, texture, sound, events, frames, and how its texture changes, from now on, in place of
        /// what was received before. False where the network's thread has more than enough to do, or is not running; so
        /// for all that follow.</summary>
        /// <param name="frames">A plane such as Topic.Q16, by distance, say; empty: what the server suggests; null: none.
        /// </param>
        /// <param name="patches">Topic.Patch, Topic.PatchBc1 or Topic.PatchRgb; null: the texture does not change.</param>
        public bool Listen(string frames = "", string patches = Topic.Patch)
        {
            var planes = new List<string> { Topic.Event, Topic.Audio };
            if (frames != null)
            {
                planes.Add(Topic.Mesh);
                planes.Add(patches == Topic.PatchBc1 ? Topic.TextureBc1 : Topic.Texture);
                planes.Add(frames);
            }
            if (frames == Topic.Coefficients)
            {
                planes.Add(Topic.Basis);
            }
            if (frames != null && patches != null)
            {
                planes.Add(patches);
            }
            return Read(planes);
        }

        /// <summary>All that is to be received from now on: planes of Topic; an empty one stands for the frames that the
        /// server suggests. The list belongs to the network's thread from now on.</summary>
        public bool Read(List<string> planes)
        {
            return _door.Post(new Command(Command.Kind.Read, this) { Planes = planes });
        }

        /// <summary>Begin a line, which is spoken when sound was pushed, after those before. Null where Listen would be
        /// false, and for a rate that is not from 4,000 to 384,000.</summary>
        public Line Say(int sampleRateHz)
        {
            if (sampleRateHz < Limits.MinSampleRateHz || sampleRateHz > Limits.MaxSampleRateHz)
            {
                return null;
            }
            var line = new Line(sampleRateHz);
            return _door.Post(new Command(Command.Kind.Say, this) { Line = line }) ? line : null;
        }

        /// <summary>Cut all that it says or has waiting.</summary>
        public bool Interrupt()
        {
            return _door.Post(new Command(Command.Kind.Interrupt, this));
        }

        /// <summary>How it speaks and feels from now on; said again to a server that was restarted. The message belongs to
        /// the network's thread from now on.</summary>
        public bool SetStyle(Style style)
        {
            return _door.Post(new Command(Command.Kind.Style, this) { Style = style });
        }

        /// <summary>Have it, again where it was refused or closed. An NPC by whom somebody else speaks can be read without.
        /// </summary>
        public bool Open()
        {
            return _door.Post(new Command(Command.Kind.Open, this));
        }

        /// <summary>Leave it; what was said is spoken to its end.</summary>
        public bool Leave()
        {
            HasLeft = true;
            return _door.Post(new Command(Command.Kind.Leave, this));
        }

        /// <summary>Hands what has come to a player: all of it, but no more than a flood could make a game wait for. How
        /// many messages that were.</summary>
        /// <param name="offsetNs">The client's OffsetNs.</param>
        public int Receive(Player player, long nowNs, long offsetNs)
        {
            int count = 0;
            Packet packet;
            player.BeginReceiving(nowNs, offsetNs);
            while (count < MostAtOnce && TryTake(out packet))
            {
                player.Take(packet.Message, packet.Plane, nowNs, packet.Prepared, packet.ArrivedNs);
                packet.Release();
                count++;
            }
            player.EndReceiving(nowNs);
            return count;
        }

        /// <summary>The next message that has come, sound and events first; its Release gives it back.</summary>
        public bool TryTake(out Packet packet)
        {
            return _inbox.TryTake(out packet);
        }

        /// <summary>Whether the game has left it, or the network's thread soon will.</summary>
        internal bool HasLeft { get; private set; }

        internal Reading Reading { get; private set; }
        internal Speaker Speaker { get; private set; }

        // The network's thread: whether it is to be open, what is to be read, how it is to speak.
        internal bool IsWanted { get; set; }
        internal List<string> Planes { get; set; }  // as the game said; null: it said nothing
        internal string Suggested { get; set; }  // what an empty one stands for; null: that is not known
        internal Style Style { get; set; }
        internal Style NextStyle { get; set; }  // that the session was not told yet; null: none
        internal long StyledNs { get; set; }
        internal uint StyleRef { get; set; }

        internal void Put(Packet packet, bool motion)
        {
            _inbox.Put(packet, motion);
        }

        /// <summary>Something was refused; request: what, where it was no line's and no style. Whether it was its style.
        /// </summary>
        internal bool Refused(Problem problem, uint reference, Requests.Request request)
        {
            if (request == null)
            {
                Speaker.Refused(reference, problem);
            }
            else if (request.Npc == this && request.IsOpening)
            {
                Problem = problem;
                State = NpcState.Refused;
            }
            bool isStyle = Style != null && StyleRef == reference;
            if (isStyle)
            {
                Problem = problem;
                Style = null;
            }
            return isStyle;
        }

        internal void TakeOpened(Opened opened)
        {
            _opened = new Opened  // the message is its codec's
            {
                Ref = opened.Ref, Session = opened.Session, TopologyId = opened.TopologyId,
                FrameRateHz = opened.FrameRateHz, LookAheadS = opened.LookAheadS, MaxQueuedS = opened.MaxQueuedS,
                Avatar = opened.Avatar, Frames = opened.Frames,
            };
            Problem = null;
            State = NpcState.Open;
        }

        internal bool Is(Bytes session)
        {
            bool same = session.Count == Session.Length;
            for (int i = 0; same && i < session.Count; i++)
            {
                same = session[i] == Session[i];
            }
            return same;
        }
    }

    /// <summary>Where the game's wishes go in.</summary>
    internal interface ILinkDoor
    {
        /// <summary>False where too many wait.</summary>
        bool Post(Command command);
    }

    /// <summary>One wish of the game.</summary>
    internal struct Command
    {
        public enum Kind
        {
            Start,
            Open,
            Leave,
            Read,
            Say,
            Interrupt,
            Style,
            Ask,
        }

        public readonly Kind What;
        public readonly Npc Npc;
        public List<string> Planes;
        public Line Line;
        public Style Style;
        public OfAvatar Ask;

        public Command(Kind what, Npc npc) : this()
        {
            What = what;
            Npc = npc;
        }
    }
}
