using System;
using System.Threading;
using Talkwire.Core;
using Talkwire.Core.Wire;
using Unity.Collections;
using UnityEngine;
using UnityEngine.Rendering;
using Mesh = Talkwire.Core.Wire.Mesh;

namespace Talkwire.Tests
{
    /// <summary>Whoever makes a head makes the same one.</summary>
    public static class MakerTests
    {
        private const string Id = "0123456789abcdef";
        private const int Side = 40, Vertices = Side * Side, Own = 6, RateHz = 16000;
        private const long StepNs = 100000000;

        public static void BurstMakesWhatAWorkerMakesOfQ16()
        {
            for (int seed = 0; seed < 5; seed++)
            {
                Player player = Playing(seed, Topic.Q16, Quantised);
                Recipe recipe;
                Check.That(player.TryRecipe(out recipe) && recipe.Basis == null && recipe.Share > 0 && recipe.Share < 1,
                    "share " + recipe.Share);
                Same(player);
            }
        }

        public static void BurstMakesWhatAWorkerMakesOfABasis()
        {
            for (int seed = 0; seed < 5; seed++)
            {
                Player player = Playing(seed, Topic.Coefficients, Summed);
                Recipe recipe;
                Check.That(player.TryRecipe(out recipe) && recipe.Basis != null, "it is no sum");
                Same(player);
            }
        }

        public static void WhatBurstCannotIsMadeByAWorker()
        {
            Player player = Playing(1, Topic.F32, Exact);
            using (var maker = new BurstMaker(player.Head))
            {
                Check.That(!maker.TryBegin(player), "it was not prepared");
                maker.Prepare();
                Check.That(!maker.TryBegin(player), "it cannot");
            }
            BurstOffer.Make();
            using (var pose = new HeadPose(player.Head))
            {
                for (int i = 0; i < 3; i++)
                {
                    pose.Begin(player, player.Present(StepNs + StepNs * 9 / 10));
                    Check.That(SpinWait.SpinUntil(() => pose.IsDone, 10000), "it is not done");
                    pose.Take();
                }
                Check.Equal(3, pose.Count, "pictures");
                Near(Made(player), Uploaded(pose.Upload, player.Head), "made by a worker");
            }
            TalkwireHub.StopAll();
            HeadMakers.Fast = null;
        }

        public static void WhatBurstHoldsIsGivenBackAlsoInAJob()
        {
            Player q16 = Playing(1, Topic.Q16, Quantised), sum = Playing(1, Topic.Coefficients, Summed);
            for (int i = 0; i < 50; i++)
            {
                Player player = i % 2 == 0 ? q16 : sum;
                var maker = new BurstMaker(player.Head);
                maker.Prepare();
                Check.That(maker.TryBegin(player) && NativeArrays.Live > 0, "it cannot");
                maker.Dispose();
                maker.Dispose();
                Check.Equal(0, NativeArrays.Live, "arrays");
            }
        }

        private static void Same(Player player)
        {
            using (var maker = new BurstMaker(player.Head))
            {
                maker.Prepare();
                for (int i = 0; i < 3; i++)  // into each of its arrays
                {
                    Check.That(maker.TryBegin(player), "it cannot");
                    Check.That(SpinWait.SpinUntil(() => maker.IsDone, 10000), "it is not done");
                    maker.Take();
                    Near(Made(player), Uploaded(maker.Upload, player.Head), "made by Burst");
                }
            }
            Check.Equal(0, NativeArrays.Live, "arrays");
        }

        private static float[] Made(Player player)
        {
            var worker = new WorkerMaker(player.Head, null);
            worker.TryBegin(player);
            Check.That(SpinWait.SpinUntil(() => worker.IsDone, 10000), "it is not done");
            worker.Take();
            TalkwireHub.StopAll();
            return Uploaded(worker.Upload, player.Head);
        }

        private static float[] Uploaded(Action<UnityEngine.Mesh, MeshUpdateFlags> upload, Head head)
        {
            var mesh = new UnityEngine.Mesh();
            mesh.SetVertexBufferParams(head.VertexCount,
                new VertexAttributeDescriptor(VertexAttribute.Position, VertexAttributeFormat.Float32, 3, 0),
                new VertexAttributeDescriptor(VertexAttribute.Normal, VertexAttributeFormat.Float32, 3, 0));
            upload(mesh, MeshUpdateFlags.Default);
            var values = new float[6 * head.VertexCount];
            Buffer.BlockCopy(mesh.Streams[0], 0, values, 0, 4 * values.Length);
            UnityEngine.Object.DestroyImmediate(mesh);
            return values;
        }

        /// <summary>To the last bit, but for what a compiler may keep of a float in between.</summary>
        private static void Near(float[] wanted, float[] seen, string what)
        {
            float most = 0;
            for (int i = 0; i < wanted.Length; i++)
            {
                most = Math.Max(most, Math.Abs(wanted[i] - seen[i]) / Math.Max(1, Math.Abs(wanted[i])));
            }
            Check.That(most <= 2e-7f, what + ": other by " + most);
        }

        private delegate Stamped Making(System.Random random);

        /// <summary>A player between two frames of that kind.</summary>
        private static Player Playing(int seed, string plane, Making made)
        {
            var random = new System.Random(seed);
            var player = new Player(new SilentSink());
            player.Receive(MeshOf(random), Topic.Mesh, 0, 0);
            player.Receive(BasisOf(random), Topic.Basis, 0, 0);
            for (int step = 0; step < 2; step++)
            {
                Stamped frame = made(random);
                frame.Stamp = new Stamp
                {
                    TopologyId = Id, Utterance = 1, Seq = (uint)step, Pts = RateHz / 10 * step, SampleRateHz = RateHz,
                    Flags = Flag.Idle | Flag.Key,
                };
                Check.Good(frame.Check());
                player.Receive(frame, plane, step * StepNs, 0);
            }
            Check.Equal(Vertices, player.Present(StepNs).VertexCount, "vertices");
            player.Present(StepNs + StepNs / 3 + seed);
            return player;
        }

        /// <summary>A sheet whose left edge is welded to its right one, with triangles of no area; a vertex is alone.
        /// </summary>
        private static Mesh MeshOf(System.Random random)
        {
            var weld = new int[Vertices];
            var triangles = new int[6 * (Side - 1) * (Side - 2)];
            for (int v = 0; v < Vertices; v++)
            {
                weld[v] = v % Side == Side - 1 ? v - Side + 1 : v;
            }
            int at = 0;
            for (int v = 0; v < Vertices - 2 * Side; v++)
            {
                if (v % Side < Side - 1)
                {
                    int c = random.Next(20) == 0 ? v : v + 1;
                    foreach (int corner in new[] { v, v + Side, c, v + 1, v + Side, v + Side + 1 })
                    {
                        triangles[at++] = corner;
                    }
                }
            }
            var mesh = new Mesh
            {
                TopologyId = Id, NeutralVx3 = Raw(Floats(random, 3 * Vertices)), TrianglesTx3 = Raw(triangles),
                WeldV = Raw(weld), UvsVx2 = Raw(new float[2 * Vertices]), BoxLowM = Raw(new[] { -0.1f, -0.2f, -0.15f }),
                BoxHighM = Raw(new[] { 0.1f, 0.25f, 0.15f }), FrameRateHz = 10,
            };
            mesh.Parts.Add(new Part { Name = "skin", TriangleCount = triangles.Length / 3, Roughness = 0.5 });
            Check.Good(mesh.Check());
            return mesh;
        }

        /// <summary>Two blocks that overlap, neither of whole tiles.</summary>
        private static Basis BasisOf(System.Random random)
        {
            var basis = new Basis { TopologyId = Id, Own = Own, MeanVx3 = Raw(Floats(random, 3 * Vertices)) };
            basis.Blocks.Add(new Block { VertexCount = 1000, ComponentCount = Own + 52 });
            basis.Blocks.Add(new Block { FirstVertex = 701, VertexCount = 899, FirstCoefficient = 3, ComponentCount = 7 });
            basis.ScalesM = Raw(Floats(random, Own + 52 + 7));
            var components = new byte[6 * (1000 * (Own + 52) + 899 * 7)];
            random.NextBytes(components);
            basis.Components = new Bytes(components);
            for (int i = 0; i < Own + 52 + 7; i++)
            {
                Buffer.BlockCopy(new[] { 1e-6f * (i % 5 + 1) }, 0, basis.ScalesM.Array, 4 * i, 4);
            }
            Check.Good(basis.Check());
            return basis;
        }

        private static Stamped Quantised(System.Random random)
        {
            var words = new byte[6 * Vertices];
            random.NextBytes(words);
            return FrameOf("q16", new Bytes(words));
        }

        private static Stamped Exact(System.Random random)
        {
            return FrameOf("f32", Raw(Floats(random, 3 * Vertices)));
        }

        private static Frame FrameOf(string codec, Bytes vertices)
        {
            return new Frame
            {
                Weights = Raw(new float[52]), HeadRotation = Raw(new float[] { 0, 0, 0, 1 }),
                HeadTranslationM = Raw(new float[3]), Codec = codec, VertexCount = Vertices, Vertices = vertices,
            };
        }

        /// <summary>Half of the weights are 0.</summary>
        private static Stamped Summed(System.Random random)
        {
            return new Coefficients
            {
                HeadRotation = new Bytes(new byte[] { 0, 0, 0, 0, 0, 0, 0xff, 0x7f }),
                HeadTranslationM = new Bytes(new byte[6]), Weights = Halves(random, 52), Own = Halves(random, Own),
            };
        }

        private static Bytes Halves(System.Random random, int count)
        {
            var halves = new byte[2 * count];
            for (int i = 0; i < count; i++)
            {
                halves[2 * i] = (byte)(i % 2 == 0 ? random.Next(256) : 0);
                halves[2 * i + 1] = (byte)(i % 2 == 0 ? random.Next(0x30, 0x3c) : 0);  // from 0.125 to 1
            }
            return new Bytes(halves);
        }

        private static float[] Floats(System.Random random, int count)
        {
            var values = new float[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = (float)(0.2 * random.NextDouble() - 0.1);
            }
            return values;
        }

        private static Bytes Raw(Array values)
        {
            var bytes = new byte[4 * values.Length];
            Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
            return new Bytes(bytes);
        }
    }
}
