using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using Talkwire.Core;
using Talkwire.Core.Wire;
using UnityEngine;
using UnityEngine.Rendering;

namespace Talkwire.Tests
{
    /// <summary>Parts FOLDER: what the parts of a tick take for one NPC, p50 and p99 as JSON; which of them a worker
    /// does is said of each. FOLDER is as the core's Bench has it.</summary>
    public static class Parts
    {
        private const int Warm = 300, Times = 2000, RateHz = 48000, FrameHz = 60;
        private const long PerS = 1000000000;

        private static readonly StringBuilder Report = new StringBuilder();

        public static int Run(string[] args)
        {
            Player player = null;
            foreach (string name in new[] { "q16", "basis" })
            {
                player = new Player(new SilentSink());
                player.Receive(Message(args[0], "mesh"), Topic.Mesh, 0, 0);
                player.Receive(Message(args[0], "basis"), Topic.Basis, 0, 0);
                var positions = new float[3 * player.Head.VertexCount];
                Player playing = player;
                Action next = Next(player, (Stamped)Message(args[0], "frame_" + name), "frame/" + name);
                Time("main: player, " + name, next);
                Time("worker: vertices, " + name, () => playing.Vertices(positions), next);
            }
            OfAHead(player);
            Voice();
            Console.WriteLine("{" + Report + "}");
            TalkwireHub.StopAll();
            return 0;
        }

        private static void OfAHead(Player player)
        {
            Head head = player.Head;
            var normals = new VertexNormals(Wired.Of(head));
            var normalsVx3 = new float[3 * head.VertexCount];
            Time("worker: normals", () => normals.Compute(head.NeutralVx3, normalsVx3));
            var vertices = new HeadVertex[head.VertexCount];
            float[] at = head.NeutralVx3;
            Time("worker: axes", () =>
            {
                for (int v = 0, i = 0; v < vertices.Length; v++, i += 3)
                {
                    vertices[v].Position = new Vector3(-at[i], at[i + 1], at[i + 2]);
                    vertices[v].Normal = new Vector3(-normalsVx3[i], normalsVx3[i + 1], normalsVx3[i + 2]);
                }
            });
            Picture picture = player.Present(long.MaxValue / 2);
            var pose = new HeadPose(head);
            pose.Begin(player, picture);
            Check.That(System.Threading.SpinWait.SpinUntil(() => pose.IsDone, 10000), "it is not done");
            pose.Take();
            var view = new HeadView(new GameObject("parts").transform);
            view.Show(pose, picture.Face);
            Time("main: mesh upload", () => pose.Upload(view.Mesh, MeshUpdateFlags.DontRecalculateBounds));
            Time("main: head's bone", () => view.Show(pose, picture.Face));
            var texture = new FaceTexture();
            Time("main: texture, nothing new", () => texture.Show(null, picture));
        }

        /// <summary>A block of 1024 frames in stereo.</summary>
        private static void Voice()
        {
            var voice = new GameObject("voice").AddComponent<TalkwireVoice>();
            var sink = new PullSink(RateHz, 0.02);
            voice.Speak(sink);
            var sound = new short[400];
            var data = new float[2048];
            var filter = (Action<float[], int>)Delegate.CreateDelegate(typeof(Action<float[], int>), voice,
                "OnAudioFilterRead");
            Time("audio thread: voice, 21 ms", () => filter(data, 2), () => sink.Write(sound, 0, sound.Length));
        }

        /// <summary>A tick of a line without an end.</summary>
        private static Action Next(Player player, Stamped frame, string plane)
        {
            var audio = new Audio
            {
                Samples = new Bytes(new byte[2 * RateHz / FrameHz]), SampleRateHz = RateHz, Utterance = 1, Generation = 1,
            };
            int tick = 0;
            return () =>
            {
                long nowNs = tick * PerS / FrameHz;
                Stamp stamp = frame.Stamp;
                stamp.Utterance = 1;
                stamp.Generation = 1;
                stamp.Seq = (uint)tick;
                stamp.Pts = audio.Pts = (long)tick * RateHz / FrameHz;
                stamp.SampleRateHz = RateHz;
                stamp.ServerNs = nowNs;
                frame.Stamp = stamp;
                player.Receive(audio, Topic.Audio, nowNs, 0);
                player.Receive(frame, plane, nowNs, 0);
                player.Displayed(nowNs);
                player.Present(nowNs + PerS / 150);
                tick++;
            };
        }

        private static void Time(string what, Action action, Action before = null)
        {
            var timesMs = new double[Times];
            for (int i = -Warm; i < Times; i++)
            {
                if (before != null)
                {
                    before();
                }
                long start = Stopwatch.GetTimestamp();
                action();
                if (i >= 0)
                {
                    timesMs[i] = (Stopwatch.GetTimestamp() - start) * 1e3 / Stopwatch.Frequency;
                }
            }
            Array.Sort(timesMs);
            Report.Append(Report.Length > 0 ? ", " : "").AppendFormat(CultureInfo.InvariantCulture,
                "\"{0}\": {{\"p50_ms\": {1:0.####}, \"p99_ms\": {2:0.####}}}", what, timesMs[Times / 2],
                timesMs[Times * 99 / 100]);
        }

        private static Message Message(string folder, string name)
        {
            Media media;
            Check.Good(new MessageCodec().DecodeMedia(new Bytes(File.ReadAllBytes(Path.Combine(folder, name + ".bin"))),
                out media));
            return media.Message;
        }
    }
}
