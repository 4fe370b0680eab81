using System;
using System.Collections.Generic;
using System.Threading;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Client
{
    /// <summary>A game's loop without a game: at each tick it takes what has come, plays it in silence, and computes the
    /// picture. What it measures of a tick is what a game would wait for.</summary>
    public sealed class Game
    {
        private const int TickHz = 60, LiveChunksPerS = 50, MostErrorsTold = 100;
        private const double SettledS = 3;  // from here on nothing should be allocated

        private readonly Options _options;
        private readonly Core.Client _client;
        private readonly Npc _npc;
        private readonly Player _player = new Player(new SilentSink());
        private readonly List<Wav> _sounds = new List<Wav>();
        private readonly List<Line> _lines = new List<Line>();
        private readonly List<int> _pushed = new List<int>();
        private readonly List<Happening> _happenings = new List<Happening>();
        private readonly Core.Samples _ticksMs = new Core.Samples();
        private readonly long _startNs = Clock.NowNs;
        private double _longestMs, _joinMs = double.NaN;
        private float[] _vertices = new float[0];
        private long _messages, _saidNs, _ticks, _settledTicks, _settledBytes;
        private int _settledCollections, _heard, _errors;

        public Game(Options options)
        {
            _options = options;
            foreach (string path in options.Say)
            {
                _sounds.Add(Wav.Read(path));
            }
            _client = new Core.Client(options.Client);
            _npc = _client.Npc(options.Npc, options.Avatar);
        }

        public int Run()
        {
            _npc.Open();
            _npc.Listen(_options.Frames);
            while (!IsOver())
            {
                long beganNs = Clock.NowNs;
                Tick(beganNs);
                double tookMs = (Clock.NowNs - beganNs) / 1e6;
                _ticksMs.Add(tookMs);
                _longestMs = Math.Max(_longestMs, tookMs);
                Settle();
                Tell();
                SleepUntil(_startNs + ++_ticks * 1000000000 / TickHz);
            }
            long stopNs = Clock.NowNs;
            bool stopped = _client.Stop();
            for (int more = 0; more < 4 && !stopped; more++)  // Mono compiles what ends a first connection
            {
                stopped = _client.Stop();
            }
            Console.WriteLine(Report(stopped, (Clock.NowNs - stopNs) / 1e6));
            return stopped ? 0 : 1;
        }

        private double NowS
        {
            get { return (Clock.NowNs - _startNs) / 1e9; }
        }

        private bool IsOver()
        {
            bool all = _lines.Count > 0 && _heard >= _sounds.Count && _player.Silent;
            for (int i = 0; i < _lines.Count; i++)
            {
                all = all && _lines[i].Over;
            }
            return all || NowS > _options.Seconds;
        }

        /// <summary>What a game does in each of its frames.</summary>
        private void Tick(long nowNs)
        {
            Push();
            _messages += _npc.Receive(_player, nowNs, _client.OffsetNs);
            Picture picture = _player.Present(nowNs);
            if (picture != null)
            {
                if (_vertices.Length < 3 * picture.VertexCount)
                {
                    _vertices = new float[3 * picture.VertexCount];
                }
                _player.Vertices(_vertices);
                _joinMs = double.IsNaN(_joinMs) ? (nowNs - _startNs) / 1e6 : _joinMs;
            }
            _player.Displayed(nowNs);
            _player.Happened(nowNs, _happenings);
        }

        /// <summary>Who is not seen yet would not be heard from the beginning.</summary>
        private void Begin()
        {
            _saidNs = Clock.NowNs;
            foreach (Wav sound in _sounds)
            {
                _lines.Add(_npc.Say(sound.SampleRateHz));
                _pushed.Add(0);
            }
        }

        private void Push()
        {
            if (_lines.Count == 0 && !double.IsNaN(_joinMs))
            {
                Begin();
            }
            for (int i = 0; i < _lines.Count; i++)
            {
                short[] samples = _sounds[i].Samples;
                int end = _options.Live && i == 0 ? Math.Min(samples.Length, SaidByNow(_sounds[i])) : samples.Length;
                if (end > _pushed[i])
                {
                    _pushed[i] += _lines[i].Push(samples, _pushed[i], end - _pushed[i]);
                }
                if (_pushed[i] == samples.Length)
                {
                    _lines[i].End();
                }
            }
        }

        /// <summary>In the chunks of a microphone.</summary>
        private int SaidByNow(Wav sound)
        {
            double chunks = Math.Floor((Clock.NowNs - _saidNs) / 1e9 * LiveChunksPerS);
            return (int)Math.Min(int.MaxValue, chunks * sound.SampleRateHz / LiveChunksPerS);
        }

        private void Settle()
        {
            if (_settledTicks == 0 && NowS > SettledS)
            {
                _settledTicks = _ticks;
                _settledBytes = GC.GetTotalMemory(false);
                _settledCollections = GC.CollectionCount(0);
            }
        }

        /// <summary>Prints what has happened, a line each.</summary>
        private void Tell()
        {
            Notice notice;
            while (_client.TryTake(out notice))
            {
                _errors += notice.Kind == NoticeKind.Error ? 1 : 0;
                if (notice.Kind != NoticeKind.Error || _errors <= MostErrorsTold)
                {
                    Say(notice);
                }
            }
            foreach (Happening happening in _happenings)
            {
                _heard += happening.Kind == HappeningKind.Started ? 0 : 1;
                string what = happening.Kind.ToString();
                Say("heard", line => line.Key("what").Value(what).Key("heard_s").Value(happening.HeardS));
            }
            _happenings.Clear();
        }

        private void Say(Notice notice)
        {
            Say(notice.Kind.ToString().ToLowerInvariant(), line =>
            {
                if (notice.Problem != null)
                {
                    line.Key("problem").Value(notice.Problem.ToString()).Key("code").Value(notice.Problem.Code);
                }
                if (notice.Kind == NoticeKind.Welcome)
                {
                    line.Key("run").Value(notice.Run).Key("restarted").Value(notice.Restarted);
                }
                if (notice.Line != null)
                {
                    line.Key("line").Value(_lines.IndexOf(notice.Line)).Key("state").Value(notice.Line.State.ToString());
                    line.Key("played_s").Value(notice.Line.PlayedS);
                }
            });
        }

        private void Say(string told, Action<JsonWriter> more)
        {
            JsonWriter line = new JsonWriter().Open('{').Key("told").Value(told).Key("at_s").Value(Math.Round(NowS, 3));
            more(line);
            Console.WriteLine(line.Close('}'));
        }

        private string Report(bool stopped, double stopMs)
        {
            long ticks = _settledTicks > 0 ? _ticks - _settledTicks : 0;  // before anything is computed here
            double bytes = ticks > 0 ? (GC.GetTotalMemory(false) - _settledBytes) / (double)ticks : double.NaN;
            Stats stats = _player.Stats;
            Facts facts = _client.Facts;
            JsonWriter line = new JsonWriter().Open('{');
            line.Key("state").Value(facts.State.ToString()).Key("greetings").Value(facts.Greetings);
            line.Key("errors").Value(_errors);
            line.Key("problem").Value(facts.Problem != null ? facts.Problem.ToString() : "");
            line.Key("npc").Value(_npc.State.ToString()).Key("offset_ns").Value(_client.OffsetNs);
            line.Key("lines").Open('[');
            foreach (Line said in _lines)
            {
                line.Open('{').Key("state").Value(said.State.ToString()).Key("pushed_s").Value(said.PushedS)
                    .Key("played_s").Value(said.PlayedS).Close('}');
            }
            line.Close(']').Key("received").Value(_messages);
            line.Key("vertices").Value(_vertices.Length / 3).Key("textured").Value(_player.Texture != null);
            line.Key("overtaken").Value(_npc.Overtaken).Key("lost").Value(_npc.Lost);
            line.Key("refused").Value(_client.Refused);
            line.Key("sent").Value(stats.Sent).Key("late").Value(stats.Late).Key("dropped").Value(stats.Dropped);
            line.Key("pictures").Value(stats.Pictures).Key("underruns").Value(stats.Underruns);
            Number(line, "first_frame_ms", stats.FirstFrameMs.Percentile(1));
            Number(line, "latency_p50_ms", stats.TransitMs.Percentile(0.5));
            Number(line, "latency_p95_ms", stats.TransitMs.Percentile(0.95));
            Number(line, "latency_p99_ms", stats.TransitMs.Percentile(0.99));
            Number(line, "av_error_p95_ms", stats.AvErrorMs.Percentile(0.95));
            Number(line, "join_ms", _joinMs);
            line.Key("ticks").Value(_ticks);
            Number(line, "tick_p50_ms", _ticksMs.Percentile(0.5));
            Number(line, "tick_p99_ms", _ticksMs.Percentile(0.99));
            Number(line, "tick_longest_ms", _longestMs);
            Number(line, "settled_bytes_per_tick", bytes);
            line.Key("settled_collections").Value(ticks > 0 ? GC.CollectionCount(0) - _settledCollections : 0);
            line.Key("stopped").Value(stopped);
            Number(line, "stop_ms", stopMs);
            return line.Close('}').ToString();
        }

        private static void Number(JsonWriter line, string name, double value)
        {
            line.Key(name).Value(double.IsNaN(value) ? value : Math.Round(value, 3));
        }

        private static void SleepUntil(long dueNs)
        {
            long leftNs = dueNs - Clock.NowNs;
            if (leftNs > 1000000)
            {
                Thread.Sleep((int)(leftNs / 1000000));
            }
        }
    }
}
