using System;
using System.Globalization;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire.Tests
{
    /// <summary>Ticks ENDPOINT COUNT DETAIL SECONDS [burst]: so many NPCs that talk, as vertices or as a basis, and
    /// what each takes of the main thread in a tick, as JSON.</summary>
    public static class Ticks
    {
        private const double PatienceS = 60, WarmS = 4;

        public static int Run(string[] args)
        {
            if (args.Length > 4)
            {
                BurstOffer.Make();
            }
            int count = int.Parse(args[1]);
            double seconds = double.Parse(args[3], CultureInfo.InvariantCulture);
            var faces = new TalkwireFace[count];
            PlayerLoop warm = new PlayerLoop();
            for (int i = 0; i < count; i++)
            {
                faces[i] = Scene.Face(args[0], "npc" + i);
                faces[i].Detail = (FaceDetail)Enum.Parse(typeof(FaceDetail), args[2]);
            }
            Check.That(warm.Run(PatienceS, () => Array.TrueForAll(faces, face => face.Mesh != null)), faces[0].Trouble);
            foreach (TalkwireFace face in faces)
            {
                face.Say(Scene.Tone(WarmS + seconds + 2));
            }
            warm.Run(WarmS);
            warm.Dispose();
            var workerMs = new Core.Samples();
            int pictures = -Pictures(faces);
            using (var loop = new PlayerLoop())
            {
                loop.Run(seconds, () =>
                {
                    workerMs.Add(faces[loop.Ticks % faces.Length].Stream.Pose.WorkerMs);
                    return false;
                });
                Core.Samples ms = loop.TicksMs;
                Stats stats = faces[0].Stream.Player.Stats;
                Console.WriteLine("{" + Row("npcs", count) + ", " + Row("vertices", faces[0].Mesh.vertexCount) + ", "
                    + Row("main_p50_ms", ms.Percentile(0.5) / count) + ", "
                    + Row("main_p99_ms", ms.Percentile(0.99) / count) + ", "
                    + Row("late_update_p50_ms", loop.LateUpdatesMs.Percentile(0.5) / count) + ", "
                    + Row("pictures_a_tick", (pictures + Pictures(faces)) / (double)loop.Ticks / count) + ", "
                    + Row("worker_p50_ms", workerMs.Percentile(0.5)) + ", "
                    + Row("worker_p99_ms", workerMs.Percentile(0.99)) + ", "
                    + Row("bytes_a_tick", loop.Bytes / (double)loop.Ticks) + ", "
                    + Row("ticks", loop.Ticks) + ", "
                    + Row("av_error_p95_ms", stats.AvErrorMs.Percentile(0.95)) + "}");
            }
            TalkwireHub.StopAll();
            Scene.NoExceptions();
            return 0;
        }

        private static int Pictures(TalkwireFace[] faces)
        {
            int count = 0;
            foreach (TalkwireFace face in faces)
            {
                count += face.Stream.Pose.Count;
            }
            return count;
        }

        private static string Row(string name, double value)
        {
            return "\"" + name + "\": " + Math.Round(value, 4).ToString(CultureInfo.InvariantCulture);
        }
    }
}
