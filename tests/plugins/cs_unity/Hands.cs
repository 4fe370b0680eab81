using System;
using System.Diagnostics;
using System.Threading;
using Talkwire.Core;
using Unity.Collections;
using UnityEngine;
using UnityEngine.Rendering;

namespace Talkwire.Tests
{
    /// <summary>Hands ENDPOINT: heads are in somebody's hands when the game goes on. Whoever makes them is slow, or
    /// never done: the game is held by nobody, and nothing is left.</summary>
    public static class Hands
    {
        private const double PatienceS = 30, MostMs = 250;  // a bound that only waiting would break
        private const int SlowMs = 1500;

        public static int Run(string[] args)
        {
            int threads = Scene.Threads(0x7fffffff);
            LeavesWhileOneIsMade(args[0], false);
            LeavesWhileOneIsMade(args[0], true);
            IsNeverDone(args[0]);
            IsPreparedSlowly(args[0]);
            Scene.NoExceptions();
            Check.Equal(0, NativeArrays.Live, "arrays");
            Check.Equal(Mesh.Made, Mesh.Destroyed, "meshes");
            Check.That(Scene.Threads(threads) <= threads, "threads are left");
            return 0;
        }

        /// <summary>Disabled, and scripts loaded again, between a tick, in which a head is begun, and the next.</summary>
        private static void LeavesWhileOneIsMade(string endpoint, bool burst)
        {
            if (burst)
            {
                BurstOffer.Make();
            }
            int busy = 0;
            double longestMs = 0;
            using (var loop = new PlayerLoop())
            {
                TalkwireFace face = Scene.Face(endpoint);
                for (int i = 0; i < 30; i++)
                {
                    Check.That(loop.Run(PatienceS, () => face.Mesh != null && face.Stream.Pose != null
                        && face.Stream.Pose.Count > 3), "no head: " + face.Trouble);
                    loop.Tick();
                    busy += face.Stream.Pose.IsDone ? 0 : 1;
                    var watch = Stopwatch.StartNew();
                    if (i % 3 == 0)
                    {
                        TalkwireHub.StopAll();  // before scripts are loaded
                    }
                    face.enabled = false;
                    longestMs = Math.Max(longestMs, i < 3 ? 0 : watch.Elapsed.TotalMilliseconds);  // code is loaded
                    Check.Equal(0, NativeArrays.Live, "arrays");
                    face.enabled = true;
                }
                UnityEngine.Object.DestroyImmediate(face.gameObject);
            }
            HeadMakers.Fast = null;
            Console.WriteLine((burst ? "Burst" : "workers") + ": left " + busy + " of 30 times while one was made, longest "
                + longestMs + " ms");
            Check.That(busy > 0, "none was being made");
            Check.That(longestMs < PoseWorkers.StopWithinMs + MostMs, "leaving took " + longestMs + " ms");
        }

        private static void IsNeverDone(string endpoint)
        {
            var maker = new Maker { Able = true };
            HeadMakers.Fast = head => maker;
            using (var loop = new PlayerLoop())
            {
                TalkwireFace face = Scene.Face(endpoint);
                Check.That(loop.Run(PatienceS, () => maker.Begun > 0), "not asked: " + face.Trouble);
                loop.Run(0.5);
                Check.Equal("1 1", maker.Begun + " " + face.Stream.Pose.Count, "begun, taken");
                Check.That(face.Mesh != null && face.Stream.Picture != null, "the last picture is away");
                maker.Able = false;
                maker.Done = true;  // the workers go on
                Check.That(loop.Run(PatienceS, () => face.Stream.Pose.Count > 10), "it does not go on");
                UnityEngine.Object.DestroyImmediate(face.gameObject);
                Check.That(loop.LongestMs < MostMs, "a tick took " + loop.LongestMs + " ms");
            }
            HeadMakers.Fast = null;
            Check.Equal(1, maker.Disposed, "disposed");
        }

        private static void IsPreparedSlowly(string endpoint)
        {
            var maker = new Maker { PrepareMs = SlowMs };
            HeadMakers.Fast = head => maker;
            using (var loop = new PlayerLoop())
            {
                TalkwireFace face = Scene.Face(endpoint);
                Check.That(loop.Run(PatienceS, () => maker.Prepares), "not asked: " + face.Trouble);
                loop.Run(0.3);
                Check.That(face.Mesh == null && loop.LongestMs < MostMs, "a tick took " + loop.LongestMs + " ms");
                var watch = Stopwatch.StartNew();
                face.enabled = false;
                double disableMs = watch.Elapsed.TotalMilliseconds;
                face.enabled = true;
                HeadMakers.Fast = null;
                Check.That(loop.Run(PatienceS, () => face.Mesh != null), "no head: " + face.Trouble);
                maker.Prepares = false;
                HeadMakers.Fast = head => maker;
                face.enabled = false;
                face.enabled = true;
                Check.That(loop.Run(PatienceS, () => maker.Prepares), "not asked: " + face.Trouble);
                watch = Stopwatch.StartNew();
                TalkwireHub.StopAll();
                double stopMs = watch.Elapsed.TotalMilliseconds;
                Console.WriteLine("a worker is busy for " + SlowMs + " ms: OnDisable " + disableMs + " ms, StopAll "
                    + stopMs + " ms");
                Check.That(disableMs < MostMs && stopMs < 2 * PoseWorkers.StopWithinMs + MostMs, "it waits");
                HeadMakers.Fast = null;
                UnityEngine.Object.DestroyImmediate(face.gameObject);
            }
        }

        private sealed class Maker : IHeadMaker
        {
            public bool Able, Done;
            public int PrepareMs, Begun, Disposed;
            public volatile bool Prepares;

            public bool IsDone
            {
                get { return Done; }
            }

            public void Prepare()
            {
                Prepares = true;
                Thread.Sleep(PrepareMs);
            }

            public bool TryBegin(Player player)
            {
                Begun += Able ? 1 : 0;
                return Able;
            }

            public void Take()
            {
            }

            public void Upload(Mesh mesh, MeshUpdateFlags flags)
            {
            }

            public void Dispose()
            {
                Disposed++;
            }
        }
    }
}
