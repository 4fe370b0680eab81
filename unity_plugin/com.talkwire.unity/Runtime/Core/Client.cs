using System;
using System.Collections.Generic;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>How to reach a server, and what to tell it.</summary>
    public sealed class ClientOptions
    {
        public const int DefaultPort = 5556;

        public string Host = "127.0.0.1";
        public int Port = DefaultPort;
        public string Agent = "talkwire C# core";

        /// <summary>Planes of frames that are understood, without "frame/", best known first to the server.</summary>
        public string[] Codecs = { "f32", "q16", "delta8", "q16n", "basis", "arkit" };

        /// <summary>What the link has for one NPC; 0: enough for anything.</summary>
        public int BandwidthKbitS;

        /// <summary>The server's shared secret, where it wants one. It crosses the network as it is.</summary>
        public string Token = "";

        /// <summary>For a server with keys (CURVE), by libzmq: this client's own secret, and what the server is known by.
        /// Each the path of a file that `talkwire keys` wrote, or the 40 characters in it. Both empty: no keys.</summary>
        public string Key = "", ServerKey = "";

        /// <summary>Of the waits between two tries to connect.</summary>
        public int Seed = Environment.TickCount;

        /// <summary>Takes "tcp://127.0.0.1:5556", "HOST:PORT" or "HOST". Null, or what is wrong with it.</summary>
        public Problem TakeEndpoint(string endpoint)
        {
            string rest = (endpoint ?? "").Trim();
            rest = rest.StartsWith("tcp://", StringComparison.Ordinal) ? rest.Substring(6) : rest;
            int colon = rest.LastIndexOf(':'), port = DefaultPort;
            if (colon >= 0 && !rest.EndsWith("]", StringComparison.Ordinal))
            {
                if (!int.TryParse(rest.Substring(colon + 1), out port))
                {
                    port = 0;
                }
                rest = rest.Substring(0, colon);
            }
            string host = rest.TrimStart('[').TrimEnd(']');
            bool isName = host.Length > 0 && host.Length < 256 && host.IndexOfAny(new[] { '/', ' ', '*' }) < 0;
            if (!isName || port < 1 || port > 65535)
            {
                return new Problem("link", "this is not an address to connect to", "'" + endpoint + "'",
                    "something like tcp://127.0.0.1:5556", "check the server's address");
            }
            Host = host;
            Port = port;
            return null;
        }
    }

    /// <summary>A game's connection to one server, for all of its NPCs. Nothing of it waits or throws; a server that is
    /// not there, goes away or comes again is met by a thread of its own, and seen in Facts.</summary>
    /// <remarks>Npc and Stop: one thread. All else: any.</remarks>
    public sealed class Client : IDisposable
    {
        public const int StopWithinMs = 200;

        private readonly Link _link;
        private readonly List<Npc> _npcs = new List<Npc>();

        /// <summary>Begins to connect.</summary>
        public Client(ClientOptions options)
        {
            var capabilities = new string[options.Codecs.Length];
            for (int i = 0; i < capabilities.Length; i++)
            {
                capabilities[i] = "codec:" + options.Codecs[i];
            }
            var hello = new Hello
            {
                Agent = options.Agent,
                Capabilities = capabilities,
                BandwidthKbitS = options.BandwidthKbitS,
                Token = options.Token,
            };
            bool plain = string.IsNullOrEmpty(options.Key) && string.IsNullOrEmpty(options.ServerKey);
            CurveContext curve = plain ? null : new CurveContext(options.Key, options.ServerKey);
            _link = new Link(options.Host, options.Port, curve, hello, new Random(options.Seed).NextDouble());
            _link.Start();
        }

        /// <summary>How it stands with the server.</summary>
        public Facts Facts
        {
            get { return _link.Facts; }
        }

        /// <summary>Add it to the server's time to get Clock.NowNs.</summary>
        public long OffsetNs
        {
            get { return _link.OffsetNs; }
        }

        /// <summary>Media messages that made no sense, and were dropped.</summary>
        public long Refused
        {
            get { return _link.Refused; }
        }

        /// <summary>An NPC of this name, to be opened, or just read. The same one until it is left. Null for what is no
        /// name: [A-Za-z0-9][A-Za-z0-9_.-]{0,31}.</summary>
        public Npc Npc(string session, string avatar = "")
        {
            if (!TextRule.Session.Allows(session) || !TextRule.Avatar.Allows(avatar))
            {
                return null;
            }
            _npcs.RemoveAll(IsLeft);
            foreach (Npc known in _npcs)
            {
                if (known.Session == session)
                {
                    return known;
                }
            }
            var npc = new Npc(session, avatar, _link.Session, _link);
            _npcs.Add(npc);
            return npc;
        }

        /// <summary>Have an avatar ready before the first NPC wants it.</summary>
        public bool LoadAvatar(string avatar)
        {
            return _link.Post(new Command(Command.Kind.Ask, null) { Ask = new Load { Avatar = avatar } });
        }

        /// <summary>Give its memory back.</summary>
        public bool UnloadAvatar(string avatar)
        {
            return _link.Post(new Command(Command.Kind.Ask, null) { Ask = new Unload { Avatar = avatar } });
        }

        /// <summary>The next thing that there is to tell; of more than 256 the oldest are forgotten.</summary>
        public bool TryTake(out Notice notice)
        {
            return _link.TryTake(out notice);
        }

        /// <summary>Try once more to connect, where the server did not want this client (SessionState.Failed).</summary>
        public bool TryAgain()
        {
            return _link.Post(new Command(Command.Kind.Start, null));
        }

        /// <summary>Leave all NPCs and end the thread, within 200 ms whatever the network does. Whether it has ended.
        /// Again is harmless.</summary>
        public bool Stop()
        {
            return _link.Stop(StopWithinMs);
        }

        public void Dispose()
        {
            Stop();
        }

        private static bool IsLeft(Npc npc)
        {
            return npc.HasLeft;
        }
    }
}
