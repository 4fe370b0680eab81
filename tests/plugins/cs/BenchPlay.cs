using System;
using System.Diagnostics;
using System.IO;
using Talkwire.Client;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>--run BenchPlay FOLDER: what the player costs a game for one NPC and picture, p50 and p99 as JSON: with
    /// vertices, without, and while one utterance fades into another. FOLDER is as Bench has it.</summary>
    public static class BenchPlay
    {
        private const int Warm = 300, Times = 3000, RateHz = 48000, FrameHz = 60;
        private const long PerS = 1000000000;

        public static int Run(string[] args)
        {
            JsonWriter report = new JsonWriter().Open('{');
            var mesh = (Mesh)Message(args[0], "mesh");
            report.Key("vertices").Value(mesh.VertexCount);
            foreach (string name in new[] { "q16", "f32", "delta8", "basis" })
            {
                string plane = "frame/" + name;
                report.Key(name).Open('{');
                Measure(report, "picture", new Game(args[0], name, plane, false, false));
                Measure(report, "picture_and_vertices", new Game(args[0], name, plane, true, false));
                Measure(report, "picture_and_vertices_in_a_fade", new Game(args[0], name, plane, true, true));
                report.Close('}');
            }
            MeasureSink(report);
            Console.WriteLine(report.Close('}'));
            return 0;
        }

        private static void Measure(JsonWriter report, string name, Game game)
        {
            for (int i = 0; i < Warm; i++)
            {
                game.Frame();
            }
            Time(report, name, game.Frame);
        }

        /// <summary>A block of 20 ms, resampled to the device's rate.</summary>
        private static void MeasureSink(JsonWriter report)
        {
            var sink = new PullSink(RateHz, 0.02);
            var sound = new short[320];
            var data = new float[2 * RateHz / 50];
            int block = 0;
            sink.Start(16000, 0);
            Time(report, "sound_of_20_ms", () =>
            {
                sink.Write(sound, 0, sound.Length);
                sink.Fill(data, 2, block * 0.02, block++ * PerS / 50);
            });
        }

        private static void Time(JsonWriter report, string name, Action action)
        {
            var times_ms = new double[Times];
            for (int i = 0; i < Times; i++)
            {
                long start = Stopwatch.GetTimestamp();
                action();
                times_ms[i] = (Stopwatch.GetTimestamp() - start) * 1e3 / Stopwatch.Frequency;
            }
            Array.Sort(times_ms);
            report.Key(name).Open('{').Key("p50_ms").Value(Math.Round(times_ms[Times / 2], 4));
            report.Key("p99_ms").Value(Math.Round(times_ms[Times * 99 / 100], 4)).Close('}');
        }

        private static Message Message(string folder, string name)
        {
            Media media;
            var part = new Bytes(File.ReadAllBytes(Path.Combine(folder, name + ".bin")));
            Check.Good(new MessageCodec().DecodeMedia(part, out media));
            return media.Message;
        }

        /// <summary>A line without an end, or, to fade all the time, another idle utterance after every four frames.
        /// What it shows lies between two frames.</summary>
        private sealed class Game
        {
            private readonly Player _player = new Player(new SilentSink());
            private readonly Stamped _frame;
            private readonly Audio _audio = new Audio();
            private readonly string _plane;
            private readonly bool _asks, _fades;
            private readonly float[] _vertices_vx3;
            private int _at;

            public Game(string folder, string name, string plane, bool asks, bool fades)
            {
                var mesh = (Mesh)Message(folder, "mesh");
                _frame = (Stamped)Message(folder, "frame_" + name);
                _plane = plane;
                _asks = asks;
                _fades = fades;
                _vertices_vx3 = new float[3 * mesh.VertexCount];
                _player.Receive(mesh, Topic.Mesh, 0, 0);
                _player.Receive(Message(folder, "basis"), Topic.Basis, 0, 0);
                _audio.Samples = new Bytes(new byte[2 * RateHz / FrameHz]);
                _audio.SampleRateHz = RateHz;
            }

            public void Frame()
            {
                long nowNs = _at * PerS / FrameHz;
                int seq = _fades ? _at % 4 : _at;
                Stamp stamp = _frame.Stamp;
                stamp.Utterance = _audio.Utterance = _fades ? (uint)_at / 4 + 1 : 1;
                stamp.Generation = _audio.Generation = 1;
                stamp.Seq = (uint)seq;
                stamp.Pts = _audio.Pts = (long)seq * RateHz / FrameHz;
                stamp.SampleRateHz = RateHz;
                stamp.Flags = _fades ? Flag.Idle : 0;
                stamp.ServerNs = nowNs;
                _frame.Stamp = stamp;
                if (!_fades)
                {
                    _player.Receive(_audio, Topic.Audio, nowNs, 0);
                }
                _player.Receive(_frame, _plane, nowNs, 0);
                _player.Present(nowNs + PerS / 150);
                if (_asks)
                {
                    Check.That(_player.Vertices(_vertices_vx3) || _at < 10, "no vertices");
                }
                _player.Displayed(nowNs + PerS / 150);
                _at++;
            }
        }
    }
}
