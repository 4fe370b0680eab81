using System;
using System.Collections.Generic;
using System.Threading;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>The thread that owns the sockets of one server: three connections and a session. The game posts wishes and
    /// takes packets; neither side waits for the other.</summary>
    internal sealed partial class Link : ILinkDoor
    {
        private const int MostCommands = 4096, MostNotices = 256;
        private const int MostWaitingBytes = 512 * 1024;  // written and not sent; lines wait beyond it
        private const int ReceivesInARow = 8;  // of one connection: a flood does not starve the others
        private const long StyleNs = Ns.PerS / 20;  // between two styles of one NPC
        private const int ConnectedWaitUs = 2000, AloneWaitMs = 5;  // until the game's wishes are looked at again

        private readonly string _host;
        private readonly int _port;
        private readonly Connection[] _connections = new Connection[Routes.Count];
        private readonly CurveContext _curve;  // null: without keys
        private readonly MessageCodec _codec = new MessageCodec();
        private readonly MsgPackWriter _writer = new MsgPackWriter();
        private readonly Packets _packets = new Packets();
        private readonly Allowance _allowance = new Allowance();
        private readonly List<Npc> _npcs = new List<Npc>();
        private readonly Queue<Command> _commands = new Queue<Command>();  // locked by itself
        private readonly Queue<Notice> _notices = new Queue<Notice>();  // locked by itself
        private readonly AutoResetEvent _wake = new AutoResetEvent(false);
        private readonly Thread _thread;
        private volatile bool _stopping;
        private volatile Facts _facts = new Facts();
        private Connection _busiest;
        private long _nowNs, _offsetNs, _refused;

        public Link(string host, int port, CurveContext curve, Hello hello, double chance)
        {
            _host = host;
            _port = port;
            _curve = curve;
            for (int i = 0; i < Routes.Count; i++)
            {
                ZmtpRole role = i == (int)Route.Control ? ZmtpRole.Dealer : ZmtpRole.Sub;
                _connections[i] = curve != null ? (Connection)new CurveConnection(role, curve) : new PlainConnection(role);
            }
            _busiest = _connections[0];
            Session = new Session(hello, chance, this);
            _thread = new Thread(Run) { IsBackground = true, Name = "talkwire " + host + ":" + port };
        }

        public Session Session { get; private set; }

        /// <summary>What the game may know; another object whenever something has changed.</summary>
        public Facts Facts
        {
            get { return _facts; }
        }

        public long OffsetNs
        {
            get { return Interlocked.Read(ref _offsetNs); }
        }

        /// <summary>Media messages that made no sense.</summary>
        public long Refused
        {
            get { return Interlocked.Read(ref _refused); }
        }

        public void Start()
        {
            _thread.Start();
        }

        /// <summary>Ask the thread to end, and wait for it at most that long. Whether it has ended.</summary>
        public bool Stop(int withinMs)
        {
            _stopping = true;
            _wake.Set();
            return !_thread.IsAlive || Thread.CurrentThread != _thread && _thread.Join(withinMs);
        }

        public bool Post(Command command)
        {
            lock (_commands)
            {
                if (_stopping || _commands.Count >= MostCommands)
                {
                    return false;
                }
                _commands.Enqueue(command);
            }
            return true;
        }

        public bool TryTake(out Notice notice)
        {
            lock (_notices)
            {
                notice = _notices.Count > 0 ? _notices.Dequeue() : null;
            }
            return notice != null;
        }

        private void Run()
        {
            try
            {
                Session.Start(Clock.NowNs);
                while (!_stopping)
                {
                    Turn();
                    Wait();
                }
                SayGoodbye();
            }
            catch (Exception error)  // a fault of this program: the game goes on without it, and is told
            {
                _facts = new Facts(new Problem("engine", "the network's thread failed", error.ToString(),
                    "no exception", "report it"));
            }
            finally
            {
                _stopping = true;
                foreach (Connection connection in _connections)
                {
                    connection.Close();
                }
                if (_curve != null)
                {
                    _curve.Close();
                }
            }
        }

        /// <summary>What has come is taken before time is looked at: then a silence is one.</summary>
        private void Turn()
        {
            _nowNs = Clock.NowNs;
            Obey();
            for (int route = 0; route < Routes.Count; route++)
            {
                Receive((Route)route);
                Step((Route)route);
            }
            Session.Tick(_nowNs);
            _allowance.Refill(_nowNs);
            ReadWhatIsSuggested();
            SayStyles();
            Session.Pump();
            foreach (Connection connection in _connections)
            {
                connection.Send();
            }
            Show();
        }

        private void Obey()
        {
            for (int i = 0; i < MostCommands; i++)
            {
                Command command;
                lock (_commands)
                {
                    if (_commands.Count == 0)
                    {
                        return;
                    }
                    command = _commands.Dequeue();
                }
                Obey(command);
            }
        }

        private void Obey(Command command)
        {
            Npc npc = command.Npc;
            if (npc != null && npc.State == NpcState.Left)
            {
                if (command.Line != null)
                {
                    command.Line.Become(LineState.Interrupted);
                }
                return;
            }
            if (npc != null && !_npcs.Contains(npc))
            {
                _npcs.Add(npc);
            }
            switch (command.What)
            {
                case Command.Kind.Start:
                    Session.Start(_nowNs);
                    break;
                case Command.Kind.Open:
                    Session.Open(npc, _nowNs);
                    break;
                case Command.Kind.Leave:
                    Session.Leave(npc, _nowNs);
                    _npcs.Remove(npc);
                    break;
                case Command.Kind.Read:
                    npc.Planes = command.Planes;
                    Read(npc);
                    break;
                case Command.Kind.Say:
                    Session.Say(npc, command.Line, _nowNs);
                    break;
                case Command.Kind.Interrupt:
                    Session.Interrupt(npc, _nowNs);
                    break;
                case Command.Kind.Style:
                    npc.NextStyle = command.Style;  // the newest wins
                    break;
                default:
                    Session.Ask(command.Ask, _nowNs);
                    break;
            }
        }

        /// <summary>A game that turns a head with every frame is heard often enough, and no more often than the server
        /// bears.</summary>
        private void SayStyles()
        {
            for (int i = 0; i < _npcs.Count; i++)
            {
                Npc npc = _npcs[i];
                if (npc.NextStyle != null && _nowNs - npc.StyledNs >= StyleNs && ((ISessionOutput)this).HasRoom)
                {
                    Session.Wear(npc, npc.NextStyle, _nowNs);
                    npc.NextStyle = null;
                    npc.StyledNs = _nowNs;
                }
            }
        }

        private void ReadWhatIsSuggested()
        {
            for (int i = 0; i < _npcs.Count; i++)
            {
                Npc npc = _npcs[i];
                if (npc.Opened != null && npc.Planes != null && npc.Suggested != npc.Opened.Frames)
                {
                    Read(npc);
                }
            }
        }

        /// <summary>What the game wants read, with what the server suggests in place of an empty plane.</summary>
        private void Read(Npc npc)
        {
            npc.Suggested = npc.Opened != null ? npc.Opened.Frames : null;
            var planes = new List<string>();
            foreach (string plane in npc.Planes)
            {
                string wanted = plane != "" ? plane : npc.Suggested;
                if (plane == "" && wanted != null && !Topic.IsMotion(wanted))
                {
                    wanted = Topic.Q16;  // of an older server, or a later one: every one has it
                }
                if (plane == "" && wanted == Topic.Coefficients)
                {
                    planes.Add(Topic.Basis);
                }
                if (wanted != null && !planes.Contains(wanted))
                {
                    planes.Add(wanted);
                }
            }
            Session.Read(npc, planes, _nowNs);
        }

        private void SayGoodbye()
        {
            while (_npcs.Count > 0)
            {
                Session.Leave(_npcs[0], _nowNs);
                _npcs.RemoveAt(0);
            }
            _connections[0].Finish();
            Session.Stop(_nowNs);
            Show();
        }

        private void Show()
        {
            Interlocked.Exchange(ref _offsetNs, Session.OffsetNs);
            if (!_facts.Are(Session))
            {
                _facts = new Facts(Session);
            }
        }
    }
}
