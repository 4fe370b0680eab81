using System;
using System.Collections.Generic;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    public enum SessionState
    {
        Off,
        Connecting,

        /// <summary>Hello was said and not answered yet.</summary>
        Greeting,

        Ready,

        /// <summary>For the next try.</summary>
        Waiting,

        /// <summary>The server does not want this client: nothing is tried until it is started again.</summary>
        Failed,
    }

    /// <summary>What a session has done by others. None of it waits, and none of it calls back.</summary>
    public interface ISessionOutput
    {
        /// <summary>Begin to connect; port 0 for Route.Control, which has the client's own.</summary>
        void Connect(Route route, int port);

        void Close(Route route);

        /// <summary>Send it on the control connection.</summary>
        void Send(Message message);

        /// <summary>Whether it would take another message now.</summary>
        bool HasRoom { get; }

        void Subscribe(Route route, string session, string plane, bool wanted);

        void Tell(Notice notice);
    }

    /// <summary>A client's side of the protocol as a state machine (docs/connecting.md): connects, greets, opens NPCs,
    /// reads, speaks, pings, and does it all again after whatever happened to the server or the network. What has
    /// happened and the time come in, what is to be done goes to ISessionOutput. One thread calls.</summary>
    public sealed partial class Session : ISubscriber, ISpeakerOutput
    {
        public const long ConnectNs = 5 * Ns.PerS, AnswerNs = 2 * Ns.PerS, PingNs = Ns.PerS;
        public const long SilenceNs = (long)(Limits.PeerTimeoutS * Ns.PerS);

        private readonly Hello _hello;
        private readonly double _chance;
        private readonly ISessionOutput _output;
        private readonly Way[] _ways = { new Way(Route.Control), new Way(Route.Media), new Way(Route.Motion) };
        private readonly List<Npc> _npcs = new List<Npc>();
        private readonly Requests _requests = new Requests();
        private readonly ClockOffset _offset = new ClockOffset();
        private readonly Ping _ping = new Ping();
        private uint _refs, _helloRef, _lines;
        private long _nowNs, _answerByNs, _pingedNs;
        private long _unansweredNs = -1;  // when the first ping since the server was heard left; -1: there is none

        /// <param name="hello">What to say first; its ref is the session's.</param>
        /// <param name="chance">From 0 to 1: it makes every wait shorter by up to a quarter.</param>
        public Session(Hello hello, double chance, ISessionOutput output)
        {
            _hello = hello;
            _chance = chance;
            _output = output;
            Avatars = new string[0];
        }

        public SessionState State { get; private set; }

        /// <summary>What is wrong with one of its connections; null: nothing.</summary>
        public Problem Problem { get; private set; }

        /// <summary>Of the server, another one after a restart; null: there was none yet.</summary>
        public string Run { get; private set; }

        /// <summary>Whom the server can show.</summary>
        public string[] Avatars { get; private set; }

        /// <summary>How often it has said welcome.</summary>
        public long Greetings { get; private set; }

        /// <summary>Add it to the server's time to get this client's; 0 until it is known.</summary>
        public long OffsetNs
        {
            get { return _offset.OffsetNs; }
        }

        /// <summary>The share of its time that the server works, and how many steps of quality it saves.</summary>
        public double Load { get; private set; }
        public int Level { get; private set; }

        // ---- wishes

        public void Start(long nowNs)
        {
            _nowNs = nowNs;
            if (State == SessionState.Off || State == SessionState.Failed)
            {
                Connect(_ways[0]);
            }
        }

        public void Stop(long nowNs)
        {
            _nowNs = nowNs;
            foreach (Way way in _ways)
            {
                Close(way);
            }
            State = SessionState.Off;
        }

        /// <summary>Have an NPC, now and after whatever happens, until it is left. Again, where it was refused or closed.
        /// </summary>
        internal void Open(Npc npc, long nowNs)
        {
            _nowNs = nowNs;
            npc.IsWanted = true;
            Add(npc);
            if (State == SessionState.Ready)
            {
                AskToOpen(npc);
            }
        }

        /// <summary>Leave it; what the server has of what is said is spoken to its end.</summary>
        internal void Leave(Npc npc, long nowNs)
        {
            _nowNs = nowNs;
            if (!_npcs.Contains(npc))
            {
                return;
            }
            npc.Reading.Read(new List<string>());
            npc.Speaker.Drop();
            _npcs.Remove(npc);
            _requests.Forget(npc);
            npc.State = NpcState.Left;
            if (State == SessionState.Ready && npc.IsWanted)
            {
                Ask(new Close { Session = npc.Session }, npc);
            }
        }

        /// <summary>All that is to be read of it from now on.</summary>
        internal void Read(Npc npc, List<string> planes, long nowNs)
        {
            _nowNs = nowNs;
            Add(npc);
            npc.Reading.Read(planes);
        }

        /// <summary>Cut what it says and has waiting.</summary>
        internal void Interrupt(Npc npc, long nowNs)
        {
            _nowNs = nowNs;
            npc.Speaker.Interrupt();
            Ask(new Interrupt { Session = npc.Session }, npc);
        }

        /// <summary>How it speaks and feels from now on. Every server that opens it is told.</summary>
        internal void Wear(Npc npc, Style style, long nowNs)
        {
            _nowNs = nowNs;
            style.Session = npc.Session;
            npc.Style = style;
            SayStyle(npc);
        }

        /// <summary>Have an avatar ready, or give its memory back.</summary>
        internal void Ask(OfAvatar message, long nowNs)
        {
            _nowNs = nowNs;
            Ask(message, null, message.Avatar);
        }

        internal void Say(Npc npc, Line line, long nowNs)
        {
            _nowNs = nowNs;
            Add(npc);
            npc.Speaker.Say(line);
        }

        // ---- what has happened

        /// <summary>A connection is there, and the peer has said who it is.</summary>
        public void Connected(Route route, long nowNs)
        {
            _nowNs = nowNs;
            Way way = _ways[(int)route];
            way.State = Way.Condition.On;
            if (route == Route.Control)
            {
                Greet();
                return;
            }
            way.Backoff.Reset();
            if (_ways[1].State == Way.Condition.On && _ways[2].State == Way.Condition.On)
            {
                Problem = null;
            }
            foreach (Npc npc in _npcs)
            {
                npc.Reading.Again(route);
            }
        }

        /// <summary>It broke, or did not come about.</summary>
        public void Lost(Route route, Problem why, long nowNs)
        {
            _nowNs = nowNs;
            Lose(_ways[(int)route], "connection", why);
        }

        /// <summary>It did not come about, and trying again would change nothing.</summary>
        public void Hopeless(Problem why, long nowNs)
        {
            _nowNs = nowNs;
            Fail(why);
        }

        /// <summary>Something has come on control.</summary>
        public void Received(Message message, long nowNs)
        {
            _nowNs = nowNs;
            _unansweredNs = -1;
            if (message is Welcome welcome)
            {
                Take(welcome);
            }
            else if (message is Error error)
            {
                Take(error);
            }
            else if (message is Progress progress)
            {
                Take(progress);
            }
            else if (message is Pong pong)
            {
                Load = pong.Load;
                Level = pong.Level;
                _offset.Measure(pong.ClientNs, pong.ServerNs, _nowNs);
            }
            else if (message is Closed closed && closed.Ref == 0)
            {
                TakeGone(closed);
            }
            else
            {
                TakeAnswer(message);
            }
        }

        /// <summary>What has come on control is no message, or one of another version.</summary>
        public void Misread(Problem problem, long nowNs)
        {
            _nowNs = nowNs;
            if (problem.Code == "version")
            {
                Fail(problem);
                return;
            }
            _output.Tell(new Notice(NoticeKind.Error) { Problem = problem });
        }

        /// <summary>Something of this head has come: a mesh, texture, basis, or what is of a moment.</summary>
        internal void Got(Npc npc, string plane, string topologyId, long nowNs)
        {
            _nowNs = nowNs;
            if (_npcs.Contains(npc))
            {
                npc.Reading.Saw(plane, topologyId);
            }
        }

        /// <summary>Time has passed; what had arrived was taken before.</summary>
        public void Tick(long nowNs)
        {
            _nowNs = nowNs;
            foreach (Way way in _ways)
            {
                Try(way);
            }
            if (State == SessionState.Greeting && _nowNs >= _answerByNs)
            {
                GiveUp(_ways[0], "silence", Silence("the server does not answer Hello"));
            }
            if (State != SessionState.Ready)
            {
                return;
            }
            if (_nowNs - _pingedNs >= PingNs)
            {
                Ping();
            }
            if (_unansweredNs >= 0 && _nowNs - _unansweredNs > SilenceNs)
            {
                GiveUp(_ways[0], "silence", Silence("the server has gone"));
                Close(_ways[1]);  // they may be as dead, and nothing is sent on them that would show it
                Close(_ways[2]);
            }
        }

        /// <summary>There is room to send again, and lines may have more.</summary>
        public void Pump()
        {
            for (int i = 0; i < _npcs.Count; i++)
            {
                _npcs[i].Speaker.Step();
            }
        }

        internal Npc Named(Bytes session)
        {
            for (int i = 0; i < _npcs.Count; i++)
            {
                if (_npcs[i].Is(session))
                {
                    return _npcs[i];
                }
            }
            return null;
        }

        // ---- for those that it works for

        void ISubscriber.Subscribe(string session, string plane, bool wanted)
        {
            Route route = Routes.Of(plane);
            if (_ways[(int)route].State == Way.Condition.On)
            {
                _output.Subscribe(route, session, plane, wanted);
            }
        }

        bool ISpeakerOutput.HasRoom
        {
            get { return _output.HasRoom; }
        }

        uint ISpeakerOutput.NextLine()
        {
            return ++_lines;
        }

        uint ISpeakerOutput.NextRef()
        {
            return NextRef();
        }

        void ISpeakerOutput.Send(Message message)
        {
            _output.Send(message);
        }

        void ISpeakerOutput.Changed(Line line, uint utterance)
        {
            _output.Tell(new Notice(NoticeKind.Line) { Line = line, Utterance = utterance });
        }

        private void Add(Npc npc)
        {
            if (!_npcs.Contains(npc))
            {
                _npcs.Add(npc);
            }
        }

        private uint NextRef()
        {
            _refs = _refs == uint.MaxValue ? 1 : _refs + 1;  // 0 is nobody's
            return _refs;
        }

        private static Problem Silence(string what)
        {
            return new Problem("link", what, "silence", "an answer", "start it with: talkwire serve");
        }
    }
}
