using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Talkwire.Client;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>The scripts of vectors/session (tests/bridge/session_scripts.py says how they are read): whatever happens
    /// to a server, the session does what the reference does, in the same order.</summary>
    public static class SessionTests
    {
        public static void EveryScriptIsFollowed()
        {
            string folder = Path.Combine(Environment.GetEnvironmentVariable("TALKWIRE_VECTORS"), "session");
            string[] scripts = Directory.GetFiles(folder, "*.json");
            Check.That(scripts.Length >= 15, scripts.Length + " scripts in " + folder);
            foreach (string script in scripts)
            {
                Json json = Json.Parse(File.ReadAllText(script));
                var stage = new Stage(json["hello"], json["chance"].Double);
                foreach (Json step in json["steps"].Items)
                {
                    stage.Follow(step, Path.GetFileName(script));
                }
            }
        }

        public static void AWelcomeThatNobodyAskedForIsNone()
        {
            Stage it = Ready();
            it.Session.Received(new Welcome { Ref = 77, MediaPort = 7, MotionPort = 8, Run = "b" }, 0);
            it.Did();
            Check.Equal("a", it.Session.Run);
        }

        public static void AnNpcThatIsRefusedSaysWhyAndIsAskedForAgain()
        {
            Stage it = Ready();
            it.Session.Open(it.Npc("nova"), 0);
            it.Session.Received(new Error { Ref = 3, Code = "avatar", What = "no" }, 0);
            Check.Equal(NpcState.Refused, it.Npc("nova").State);
            Check.Equal("avatar", it.Npc("nova").Problem.Code);
            it.Session.Open(it.Npc("nova"), 0);
            it.Session.Received(new Opened { Ref = 4, Session = "nova", MaxQueuedS = 1 }, 0);
            Check.Equal(NpcState.Open, it.Npc("nova").State);
            Check.Equal(null, it.Npc("nova").Problem);
        }

        public static void AStyleIsSaidToEveryServerThatOpensTheNpc()
        {
            Stage it = Ready();
            it.Session.Wear(it.Npc("nova"), new Style { Strength = 1.5 }, 0);
            it.Session.Open(it.Npc("nova"), 0);
            it.Session.Received(new Opened { Ref = 3, Session = "nova", MaxQueuedS = 1 }, 0);
            Check.That(it.Said("Style"), "said when it is open");
            it.Session.Lost(Route.Control, Trouble, 1);
            it.Session.Tick(10000000000);
            it.Session.Connected(Route.Control, 10000000000);
            it.Session.Received(new Welcome { Ref = 5, MediaPort = 7, MotionPort = 8, Run = "b" }, 10000000000);
            Check.That(!it.Said("Style"), "said before the NPC is open");
            it.Session.Received(new Opened { Ref = 7, Session = "nova", MaxQueuedS = 1 }, 10000000000);
            Check.That(it.Said("Style"), "said again");
            it.Session.Received(new Error { Ref = it.Npc("nova").StyleRef, Code = "style", What = "no" }, 10000000000);
            Check.That(it.Did().Exists(done => done.Contains("\"of\": \"Style\"")), "told");
            Check.Equal("style", it.Npc("nova").Problem.Code);
            Check.Equal(null, it.Npc("nova").Style, "not said to others");
        }

        public static void AStyleOfALineIsSaidOfEveryLineThatItBecomes()
        {
            Stage it = Ready();
            it.Session.Open(it.Npc("nova"), 0);
            it.Session.Received(new Opened { Ref = 3, Session = "nova", MaxQueuedS = 30 }, 0);
            it.Did();
            var line = new Line(8000);
            line.Push(new short[8000], 0, 8000);
            Check.That(line.Wear(new Style { Strength = 2 }, 1000), "worn");
            it.Session.Say(it.Npc("nova"), line, 0);
            Check.That(it.Did().Exists(done => done.Contains("\"line\": 1, \"pts\": 1000")), "at its sample");
            var news = new Progress { Session = "nova", Line = 1, State = "speaking", ReceivedSamples = 8000 };
            news.PlayedSamples = 400;
            it.Session.Received(news, 0);
            it.Session.Lost(Route.Control, Trouble, 1);
            it.Session.Tick(9000000000);
            it.Session.Connected(Route.Control, 9000000000);
            uint hello = it.HelloRef;
            it.Session.Received(new Welcome { Ref = hello, MediaPort = 7, MotionPort = 8, Run = "b" }, 9000000000);
            it.Session.Received(new Opened { Ref = hello + 2, Session = "nova", MaxQueuedS = 30 }, 9000000000);
            Check.That(it.Did().Exists(done => done.Contains("\"line\": 2, \"pts\": 600")), "at the same sample");
        }

        public static void WhatIsAskedWhileNobodyIsThereIsBounded()
        {
            Stage it = Ready();
            it.Session.Lost(Route.Control, Trouble, 1);
            for (int i = 0; i < 10000; i++)
            {
                it.Session.Interrupt(it.Npc("nova"), 2);
            }
            it.Session.Tick(9000000000);
            it.Session.Connected(Route.Control, 9000000000);
            it.Did();
            it.Session.Received(new Welcome { Ref = it.HelloRef, MediaPort = 7, MotionPort = 8, Run = "b" }, 9000000000);
            Check.Equal(256, it.Did().FindAll(done => done.Contains("\"type\": \"Interrupt\"")).Count, "interrupts");
        }

        public static void ARequestOfSomebodyElseEndsNoLine()
        {
            Stage it = Ready();
            it.Session.Open(it.Npc("nova"), 0);
            it.Session.Received(new Opened { Ref = 3, Session = "nova", MaxQueuedS = 30 }, 0);
            var line = new Line(8000);
            line.Push(new short[800], 0, 800);
            it.Session.Say(it.Npc("nova"), line, 0);  // 4 and 5
            it.Session.Ask(new Load { Avatar = "x" }, 0);  // 6
            line.Push(new short[800], 0, 800);
            it.Session.Pump();  // 7
            it.Session.Received(new Error { Ref = 6, Code = "avatar" }, 0);
            Check.Equal(LineState.Queued, line.State);
            it.Session.Received(new Error { Ref = 7, Code = "audio", What = "no" }, 0);
            Check.Equal(LineState.Refused, line.State);
            Check.Equal("audio", line.Problem.Code);
        }

        public static void AServerThatTakesNothingIsNotFlooded()
        {
            Stage it = Ready();
            it.Session.Open(it.Npc("nova"), 0);
            it.Session.Received(new Opened { Ref = 3, Session = "nova", MaxQueuedS = 30 }, 0);
            it.Did();
            it.HasRoom = false;
            var line = new Line(8000);
            line.Push(new short[8000], 0, 8000);
            it.Session.Say(it.Npc("nova"), line, 0);
            Check.That(!it.Said("Begin"), "begun");
            it.HasRoom = true;
            it.Session.Pump();
            Check.That(it.Said("Begin"), "begun when there is room");
        }

        public static void RubbishIsToldAndSkipped()
        {
            Stage it = Ready();
            for (int i = 0; i < 1000; i++)
            {
                it.Session.Misread(Problem.NoMessage("nothing", "something"), 0);
                it.Session.Received(new Progress { Session = "nobody", Line = 7, State = "done" }, 0);
                it.Session.Received(new Closed { Session = "nobody" }, 0);
                it.Session.Received(new Opened { Ref = 12345, Session = "nobody" }, 0);
                it.Session.Received(new Pong { ClientNs = long.MaxValue, ServerNs = long.MaxValue }, 0);
                it.Session.Received(new Error { Ref = 0, Code = "greet" }, 0);
            }
            Check.Equal(SessionState.Ready, it.Session.State);
        }

        public static void WhateverComesWheneverIsBorne()
        {
            string folder = Environment.GetEnvironmentVariable("TALKWIRE_VECTORS");
            string[] files = Directory.GetFiles(folder, "control_*.bin");
            var chance = new Random(3);
            for (int round = 0; round < 200; round++)
            {
                var it = new Stage(Json.Parse("{\"agent\": \"test\", \"capabilities\": []}"), chance.NextDouble());
                long nowNs = 0;
                for (int step = 0; step < 100; step++)
                {
                    nowNs += chance.Next(2000000000);
                    it.Suffer(chance, files, nowNs);
                    it.Did();
                }
            }
        }

        private static readonly Problem Trouble = new Problem("link", "what", "seen", "wanted", "cure");

        private static Stage Ready()
        {
            var it = new Stage(Json.Parse("{\"agent\": \"test\", \"capabilities\": []}"), 0);
            it.Session.Start(0);
            it.Session.Connected(Route.Control, 0);
            it.Session.Received(new Welcome { Ref = 1, MediaPort = 7, MotionPort = 8, Run = "a" }, 0);
            Check.Equal(SessionState.Ready, it.Session.State);
            it.Did();
            return it;
        }

        /// <summary>A session, and what it had done, in the words of the scripts.</summary>
        private sealed class Stage : ISessionOutput, ILinkDoor
        {
            public readonly Session Session;
            private readonly MessageCodec _codec = new MessageCodec();
            private readonly Dictionary<string, Npc> _npcs = new Dictionary<string, Npc>();
            private readonly Dictionary<long, Line> _lines = new Dictionary<long, Line>();
            private readonly List<string> _done = new List<string>();

            public Stage(Json hello, double chance)
            {
                HasRoom = true;
                var capabilities = new List<string>();
                foreach (Json capability in hello["capabilities"].Items)
                {
                    capabilities.Add(capability.Text);
                }
                var said = new Hello { Agent = hello["agent"].Text, Capabilities = capabilities.ToArray() };
                said.Token = hello["token"] != null ? hello["token"].Text : "";
                Session = new Session(said, chance, this);
            }

            public bool HasRoom { get; set; }

            /// <summary>Of the last one.</summary>
            public uint HelloRef { get; private set; }

            /// <summary>What was done since it was asked last.</summary>
            public List<string> Did()
            {
                var done = new List<string>(_done);
                _done.Clear();
                return done;
            }

            public bool Said(string message)
            {
                return Did().Exists(done => done.Contains("\"type\": \"" + message + "\""));
            }

            public Npc Npc(string name)
            {
                Npc npc;
                if (!_npcs.TryGetValue(name, out npc) || npc.State == NpcState.Left)
                {
                    npc = _npcs[name] = new Npc(name, "", Session, this);
                }
                return npc;
            }

            public void Follow(Json step, string where)
            {
                where += " at " + step["at_ns"].Long;
                Happen(step["in"], step["at_ns"].Long);
                List<string> done = Did();
                for (int i = 0; i < Math.Max(done.Count, step["out"].Count); i++)
                {
                    string wanted = i < step["out"].Count ? Plain(step["out"][i]) : "nothing";
                    Check.Equal(wanted, i < done.Count ? Plain(Json.Parse(done[i])) : "nothing", where + ", done " + i);
                }
                Check.Equal(step["state"].Text, Session.State.ToString().ToLowerInvariant(), where);
                Check.Equal(step["offset_ns"].Long, Session.OffsetNs, where + ", offset");
            }

            /// <summary>Anything that can happen, whether or not it makes sense now.</summary>
            public void Suffer(Random chance, string[] files, long nowNs)
            {
                Npc npc = Npc("nova" + chance.Next(2));
                uint reference = (uint)chance.Next(30);
                switch (chance.Next(11))
                {
                    case 0:
                        Session.Start(nowNs);
                        break;
                    case 1:
                        Session.Connected((Route)chance.Next(3), nowNs);
                        break;
                    case 2:
                        Session.Lost((Route)chance.Next(3), Trouble, nowNs);
                        break;
                    case 3:
                        Session.Open(npc, nowNs);
                        break;
                    case 4:
                        Session.Leave(npc, nowNs);
                        break;
                    case 5:
                        Session.Interrupt(npc, nowNs);
                        break;
                    case 6:
                        Session.Received(new Welcome { Ref = reference, MediaPort = 1, MotionPort = 2, Run = "a" }, nowNs);
                        break;
                    case 7:
                        Session.Received(new Opened { Ref = reference, Session = "nova0", MaxQueuedS = 1 }, nowNs);
                        break;
                    case 8:
                        var line = new Line(8000);
                        line.Push(new short[900], 0, 900);
                        Session.Say(npc, line, nowNs);
                        break;
                    case 9:
                        Session.Tick(nowNs);
                        break;
                    default:
                        ReceiveAny(File.ReadAllBytes(files[chance.Next(files.Length)]), nowNs);
                        break;
                }
            }

            private void ReceiveAny(byte[] data, long nowNs)
            {
                Message message;
                Problem problem = _codec.Decode(new Bytes(data), Kinds.Replies | Kinds.Requests, out message);
                Check.Good(problem);
                Session.Received(message, nowNs);
            }

            private void Happen(Json given, long nowNs)
            {
                if (given["wish"] != null)
                {
                    Wish(given, nowNs);
                }
                else if (given["connected"] != null)
                {
                    Session.Connected(RouteOf(given["connected"]), nowNs);
                }
                else if (given["lost"] != null)
                {
                    Session.Lost(RouteOf(given["lost"]), Trouble, nowNs);
                }
                else if (given["got"] != null)
                {
                    Npc npc = _npcs[given["session"].Text];
                    Session.Got(npc, given["got"].Text, given["topology_id"].Text, nowNs);
                }
                else if (given["message"] != null)
                {
                    Receive(Unhex(given["message"].Text), nowNs);
                }
                else
                {
                    Check.That(given["tick"].Bool, "an unknown step");
                    Session.Tick(nowNs);
                }
            }

            private void Wish(Json given, long nowNs)
            {
                string wish = given["wish"].Text;
                Npc npc = given["session"] != null ? Npc(given["session"].Text) : null;
                switch (wish)
                {
                    case "start":
                        Session.Start(nowNs);
                        break;
                    case "stop":
                        Session.Stop(nowNs);
                        break;
                    case "open":
                        npc.Avatar = given["avatar"].Text;
                        Session.Open(npc, nowNs);
                        break;
                    case "leave":
                        Session.Leave(npc, nowNs);
                        break;
                    case "interrupt":
                        Session.Interrupt(npc, nowNs);
                        break;
                    case "read":
                        var planes = new List<string>();
                        foreach (Json plane in given["planes"].Items)
                        {
                            planes.Add(plane.Text);
                        }
                        Session.Read(npc, planes, nowNs);
                        break;
                    case "say":
                        _lines[given["say"].Long] = new Line(given["sample_rate_hz"].Int);
                        Push(given);
                        Session.Say(npc, _lines[given["say"].Long], nowNs);
                        break;
                    default:
                        Check.Equal("more", wish);
                        Push(given);
                        Session.Pump();
                        break;
                }
            }

            /// <summary>Each sample is its own place in the line.</summary>
            private void Push(Json given)
            {
                Line line = _lines[given["say"].Long];
                var samples = new short[given["samples"].Int];
                int first = (int)Math.Round(line.PushedS * line.SampleRateHz);
                for (int i = 0; i < samples.Length; i++)
                {
                    samples[i] = (short)(first + i);
                }
                line.Push(samples, 0, samples.Length);
                if (given["ended"].Bool)
                {
                    line.End();
                }
            }

            private void Receive(byte[] data, long nowNs)
            {
                Message message;
                Problem problem = _codec.Decode(new Bytes(data), Kinds.Replies, out message);
                if (problem != null)
                {
                    Session.Misread(problem, nowNs);
                }
                else
                {
                    Session.Received(message, nowNs);
                }
            }

            public void Connect(Route route, int port)
            {
                _done.Add("{\"connect\": \"" + Word(route) + "\"" + (port != 0 ? ", \"port\": " + port : "") + "}");
            }

            public void Close(Route route)
            {
                _done.Add("{\"close\": \"" + Word(route) + "\"}");
            }

            public void Send(Message message)
            {
                Check.Good(_codec.Encode(message, new MsgPackWriter()));
                var chunk = message as ChunkS16;
                HelloRef = message is Hello hello ? hello.Ref : HelloRef;
                JsonWriter line = new JsonWriter().Open('{');
                JsonFields.Write(message, line);
                string json = line.Close('}').ToString();
                if (chunk != null)
                {
                    string places = "[" + chunk.Samples.I16(0) + ", " + chunk.Samples.Count / 2 + "]";
                    json = json.Substring(0, json.LastIndexOf("\"samples\"")) + "\"samples\": " + places + "}";
                }
                _done.Add("{\"send\": " + json + "}");
            }

            public void Subscribe(Route route, string session, string plane, bool wanted)
            {
                _done.Add("{\"" + (wanted ? "" : "un") + "subscribe\": {\"session\": \"" + session
                    + "\", \"plane\": \"" + plane + "\", \"socket\": \"" + Word(route) + "\"}}");
            }

            public void Tell(Notice notice)
            {
                JsonWriter told = new JsonWriter().Open('{').Key("told").Value(notice.Kind.ToString().ToLowerInvariant());
                switch (notice.Kind)
                {
                    case NoticeKind.Welcome:
                        told.Key("run").Value(notice.Run).Key("restarted").Value(notice.Restarted);
                        break;
                    case NoticeKind.Lost:
                        told.Key("why").Value(notice.Why);
                        break;
                    case NoticeKind.Refused:
                        told.Key("code").Value(notice.Problem.Code);
                        break;
                    case NoticeKind.Opened:
                        told.Key("session").Value(notice.Npc.Session).Key("frames").Value(notice.Frames);
                        break;
                    case NoticeKind.Closed:
                        told.Key("session").Value(notice.Npc.Session);
                        break;
                    case NoticeKind.Interrupted:
                        told.Key("session").Value(notice.Npc.Session).Key("generation").Value(notice.Generation);
                        break;
                    case NoticeKind.Line:
                        TellLine(notice.Line, told);
                        told.Key("utterance").Value(notice.Utterance);
                        break;
                    default:
                        TellError(notice, told);
                        break;
                }
                _done.Add(told.Close('}').ToString());
            }

            private void TellLine(Line line, JsonWriter told)
            {
                foreach (KeyValuePair<long, Line> known in _lines)
                {
                    if (known.Value == line)
                    {
                        told.Key("say").Value(known.Key);
                    }
                }
                told.Key("state").Value(line.State.ToString().ToLowerInvariant()).Key("played").Value(line.PlayedSamples);
            }

            private static void TellError(Notice notice, JsonWriter told)
            {
                told.Key("code").Value(notice.Problem.Code).Key("of").Value(notice.Of);
                if (notice.Npc != null)
                {
                    told.Key("session").Value(notice.Npc.Session);
                }
                if (notice.Avatar != null)
                {
                    told.Key("avatar").Value(notice.Avatar);
                }
            }

            public bool Post(Command command)
            {
                return true;
            }

            private static string Word(Route route)
            {
                return route.ToString().ToLowerInvariant();
            }

            private static Route RouteOf(Json word)
            {
                return (Route)Enum.Parse(typeof(Route), word.Text, true);
            }

            private static byte[] Unhex(string hex)
            {
                var bytes = new byte[hex.Length / 2];
                for (int i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = Convert.ToByte(hex.Substring(2 * i, 2), 16);
                }
                return bytes;
            }

            /// <summary>The same for the same value, whatever the order of its keys.</summary>
            private static string Plain(Json value)
            {
                var text = new StringBuilder();
                switch (value.Kind)
                {
                    case JsonKind.Object:
                        var keys = new List<string>(value.Keys);
                        keys.Sort(string.CompareOrdinal);
                        foreach (string key in keys)
                        {
                            text.Append(key).Append(' ').Append(Plain(value[key])).Append("; ");
                        }
                        return "{" + text + "}";
                    case JsonKind.Array:
                        foreach (Json item in value.Items)
                        {
                            text.Append(Plain(item)).Append(", ");
                        }
                        return "[" + text + "]";
                    case JsonKind.Text:
                        return "'" + value.Text + "'";
                    default:
                        return value.Kind + " " + value.Text;
                }
            }
        }
    }
}
