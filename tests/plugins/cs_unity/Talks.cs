using System;
using System.Collections.Generic;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire.Tests
{
    /// <summary>Talks ENDPOINT [burst]: a head appears, with a texture, says a clip aloud, is interrupted in another, and
    /// allocates nothing while it idles.</summary>
    public static class Talks
    {
        private const double PatienceS = 30, MostOpenM = 0.3;

        private static double _bytesSpeaking = double.NaN;

        public static int Run(string[] args)
        {
            int threads = Scene.Threads(0x7fffffff);
            if (args.Length > 1)
            {
                BurstOffer.Make();
            }
            var loop = new PlayerLoop();
            TalkwireFace face = Scene.Face(args[0]);
            var heard = new Heard(face);
            Check.That(face.Say(Scene.Tone(1.5)) != null, "said before there is a connection");
            Check.That(loop.Run(PatienceS, () => face.Mesh != null && face.Texture != null),
                "no head: " + face.Trouble);
            Mesh mesh = face.Mesh;
            Check.That(mesh.vertexCount >= 100 && mesh.Indices.Length > 300 && mesh.Dynamic,
                mesh.vertexCount + " vertices");
            Check.Equal(Disposal.Unsaved, face.Head.gameObject.hideFlags, "the child is never saved");
            Check.That(loop.Run(PatienceS, () => heard.Ended == 1),
                "started " + heard.Started + ", ended " + heard.Ended + " " + face.Trouble);
            Check.That(loop.Loudest > 0.1f, "not heard: " + loop.Loudest);
            Say(loop, face, heard);
            Cut(loop, face, heard);
            double bytes = Math.Max(_bytesSpeaking, Idle(loop));
            Stats stats = face.Stream.Player.Stats;
            Console.WriteLine("loudest " + loop.Loudest + ", A/V error p95 " + stats.AvErrorMs.Percentile(0.95)
                + " ms, underruns " + stats.Underruns + ", " + loop.Ticked + ", " + bytes + " bytes a tick (speaking: "
                + _bytesSpeaking + "), texture "
                + face.Texture.width + " x " + face.Texture.height + " " + face.Texture.format);
            Check.Equal("1 0", heard.Connected + " " + heard.Disconnected, "connections");
            Check.That(bytes < 200, bytes + " bytes a tick");
            UnityEngine.Object.DestroyImmediate(face.gameObject);
            loop.Dispose();
            Scene.NoExceptions();
            Check.Equal(Mesh.Made, Mesh.Destroyed, "meshes");
            Check.Equal(Texture2D.Made, Texture2D.Destroyed, "textures");
            Check.Equal(0, TalkwireHub.Servers.Count, "servers");
            Check.Equal(0, Unity.Collections.NativeArrays.Live, "arrays");
            Check.That(args.Length > 1 || Scene.Threads(threads) <= threads, "threads are left");  // the pool's stay
            return 0;
        }

        /// <summary>It moves with what it says, and the picture fits the sound.</summary>
        private static void Say(PlayerLoop loop, TalkwireFace face, Heard heard)
        {
            Vector3[] rest = All(face.Mesh);
            double most = 0, beganS = double.NaN;
            long bytes = 0, ticks = 0;
            Line line = face.Say(Scene.Tone(3));
            bool ended = loop.Run(PatienceS, () =>
            {
                most = Math.Max(most, Moved(face.Mesh, rest));
                beganS = heard.Started == 2 && double.IsNaN(beganS) ? Clock.NowNs / 1e9 : beganS;
                double spokenS = double.IsNaN(beganS) ? 0 : Clock.NowNs / 1e9 - beganS;
                if (spokenS < 1)  // what was pushed has been sent
                {
                    bytes = loop.Bytes;
                    ticks = loop.Ticks;
                }
                else if (spokenS < 2.5)
                {
                    _bytesSpeaking = (loop.Bytes - bytes) / (double)Math.Max(1, loop.Ticks - ticks);
                }
                return heard.Ended == 2;
            });
            Check.That(ended && line.Over, "the line is not over: " + line.State);
            Check.That(most > 1e-4 && most < MostOpenM, "moved by " + most + " m");
            Check.Equal("2 2 0", heard.Started + " " + heard.Ended + " " + heard.Interrupted, "events");
        }

        private static void Cut(PlayerLoop loop, TalkwireFace face, Heard heard)
        {
            for (int i = 0; i < 10; i++)
            {
                face.PushPcm(new float[2400], 24000);
            }
            face.EndLine();
            face.Say(Scene.Tone(70));  // more than a line keeps
            Check.That(loop.Run(PatienceS, () => heard.Started == 4), "not spoken: " + heard.Started);
            face.Interrupt();
            Check.That(loop.Run(PatienceS, () => heard.Interrupted == 1), "not cut");
            loop.Run(0.5);
            Check.Equal("4 3 1", heard.Started + " " + heard.Ended + " " + heard.Interrupted, "events");
            Check.That(face.Stream.Player.Silent, "it goes on");
        }

        private static double Idle(PlayerLoop loop)
        {
            loop.Run(2);
            long bytes = loop.Bytes, ticks = loop.Ticks;
            loop.Run(3);
            return (loop.Bytes - bytes) / (double)(loop.Ticks - ticks);
        }

        private static Vector3[] All(Mesh mesh)
        {
            var all = new List<Vector3>();
            for (int v = 0; v < mesh.vertexCount; v++)
            {
                all.Add(Scene.Of(mesh, v));
            }
            return all.ToArray();
        }

        private static double Moved(Mesh mesh, Vector3[] from)
        {
            double most = 0;
            for (int v = 0; v < from.Length; v += 7)
            {
                most = Math.Max(most, Vector3.Distance(Scene.Of(mesh, v), from[v]));
            }
            return most;
        }
    }
}
