using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using Talkwire.Client;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>--run BenchCrowd ENDPOINT PLANE NPCS SECONDS LINE.wav: many NPCs in one game, for long. Each speaks the same
    /// line again and again and is drawn 60 times a second. Every ReportS a line of JSON: what was drawn and lost, the
    /// memory of this process and what of it the game's objects hold.</summary>
    public sealed class BenchCrowd
    {
        private const long TickNs = 1000000000 / 60, ReportS = 10;

        private readonly Core.Client _client;
        private readonly Wav _sound;
        private readonly List<Actor> _actors = new List<Actor>();
        private readonly List<Happening> _happenings = new List<Happening>();
        private long _pictures, _frames, _lines, _problems, _longestNs;

        private BenchCrowd(ClientOptions options, string plane, int count, Wav sound)
        {
            _client = new Core.Client(options);
            _sound = sound;
            for (int i = 0; i < count; i++)
            {
                var actor = new Actor(_client.Npc("npc-" + i.ToString(CultureInfo.InvariantCulture)));
                actor.Npc.Open();
                actor.Npc.Listen(plane);
                _actors.Add(actor);
            }
        }

        public static int Run(string[] args)
        {
            var options = new ClientOptions();
            if (args.Length != 5 || options.TakeEndpoint(args[0]) != null)
            {
                Console.Error.WriteLine("usage: --run BenchCrowd ENDPOINT PLANE NPCS SECONDS LINE.wav");
                return 2;
            }
            int count = int.Parse(args[2], CultureInfo.InvariantCulture);
            long lastNs = long.Parse(args[3], CultureInfo.InvariantCulture) * 1000000000;
            var crowd = new BenchCrowd(options, args[1], count, Wav.Read(args[4]));
            long beganNs = Clock.NowNs, toldNs = beganNs;
            for (long dueNs = beganNs; dueNs < beganNs + lastNs; dueNs += TickNs)
            {
                Thread.Sleep((int)Math.Max(0, (dueNs - Clock.NowNs) / 1000000));
                long nowNs = Clock.NowNs;
                crowd.Tick(nowNs);
                if (nowNs - toldNs >= ReportS * 1000000000)
                {
                    crowd.Report((nowNs - beganNs) / 1e9, (nowNs - toldNs) / 1e9);
                    toldNs = nowNs;
                }
            }
            return crowd._client.Stop() ? 0 : 1;
        }

        private void Tick(long nowNs)
        {
            Notice notice;
            while (_client.TryTake(out notice))
            {
                _problems += notice.Problem != null ? 1 : 0;
            }
            foreach (Actor actor in _actors)
            {
                Draw(actor, nowNs);
            }
            _longestNs = Math.Max(_longestNs, Clock.NowNs - nowNs);
        }

        private void Draw(Actor actor, long nowNs)
        {
            actor.Npc.Receive(actor.Player, nowNs, _client.OffsetNs);
            Picture picture = actor.Player.Present(nowNs);
            if (picture != null && picture.VertexCount > 0)
            {
                if (actor.Vertices.Length < 3 * picture.VertexCount)
                {
                    actor.Vertices = new float[3 * picture.VertexCount];
                }
                actor.Player.Vertices(actor.Vertices);
                _pictures++;
            }
            actor.Player.Displayed(nowNs);
            actor.Player.Happened(nowNs, _happenings);
            _happenings.Clear();
            if (picture != null && (actor.Line == null || actor.Line.Over))
            {
                _lines += actor.Line == null ? 0 : 1;
                actor.Line = actor.Npc.Say(_sound.SampleRateHz);
                actor.Pushed = 0;
            }
            if (actor.Line != null && actor.Pushed < _sound.Samples.Length)
            {
                actor.Pushed += actor.Line.Push(_sound.Samples, actor.Pushed, _sound.Samples.Length - actor.Pushed);
                if (actor.Pushed == _sound.Samples.Length)
                {
                    actor.Line.End();
                }
            }
        }

        private void Report(double atS, double sinceS)
        {
            long frames = 0, dropped = 0, late = 0, underruns = 0, untaken = 0;
            foreach (Actor actor in _actors)
            {
                Stats stats = actor.Player.Stats;
                frames += stats.Received;
                dropped += stats.Dropped;
                late += stats.Late;
                underruns += stats.Underruns;
                untaken += actor.Npc.Overtaken + actor.Npc.Lost;
            }
            JsonWriter line = new JsonWriter().Open('{');
            line.Key("at_s").Value(Math.Round(atS, 1));
            line.Key("resident_mb").Value(Math.Round(Process.GetCurrentProcess().WorkingSet64 / 1e6, 2));
            line.Key("objects_mb").Value(Math.Round(GC.GetTotalMemory(true) / 1e6, 3));
            line.Key("pictures_per_s").Value(Math.Round(_pictures / sinceS, 1));
            line.Key("frames_per_s").Value(Math.Round((frames - _frames) / sinceS, 1));
            line.Key("lines").Value(_lines).Key("dropped").Value(dropped).Key("late").Value(late);
            line.Key("underruns").Value(underruns).Key("untaken").Value(untaken).Key("misread").Value(_client.Refused);
            line.Key("problems").Value(_problems).Key("longest_tick_ms").Value(Math.Round(_longestNs / 1e6, 2));
            line.Key("collections").Value(GC.CollectionCount(0));
            Console.WriteLine(line.Close('}'));
            _frames = frames;
            _pictures = _longestNs = 0;
        }

        private sealed class Actor
        {
            public readonly Npc Npc;
            public readonly Player Player = new Player(new SilentSink());
            public float[] Vertices = new float[0];
            public Line Line;
            public int Pushed;

            public Actor(Npc npc)
            {
                Npc = npc;
            }
        }
    }
}
