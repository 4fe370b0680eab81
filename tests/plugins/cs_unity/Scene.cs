using System;
using System.IO;
using System.Threading;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire.Tests
{
    /// <summary>What the programs of these tests share.</summary>
    public static class Scene
    {
        public static TalkwireFace Face(string endpoint, string npc = "nova")
        {
            var made = new GameObject(npc);
            made.SetActive(false);
            var face = made.AddComponent<TalkwireFace>();
            face.Endpoint = endpoint;
            face.Npc = npc;
            made.SetActive(true);
            return face;
        }

        /// <summary>A tone that swells, in stereo.</summary>
        public static AudioClip Tone(double seconds, int rateHz = 16000)
        {
            int frames = (int)(seconds * rateHz);
            AudioClip clip = AudioClip.Create("tone", frames, 2, rateHz, false);
            var data = new float[2 * frames];
            for (int i = 0; i < frames; i++)
            {
                double swell = 0.5 + 0.5 * Math.Sin(i * 20.0 / rateHz);
                data[2 * i] = data[2 * i + 1] = (float)(0.4 * Math.Sin(i / 8.0) * swell);
            }
            clip.SetData(data, 0);
            return clip;
        }

        /// <summary>Of a mesh's first stream: where a vertex is, or its normal.</summary>
        public static Vector3 Of(Mesh mesh, int vertex, bool normal = false)
        {
            int at = vertex * 24 + (normal ? 12 : 0);
            byte[] data = mesh.Streams[0];
            return new Vector3(BitConverter.ToSingle(data, at), BitConverter.ToSingle(data, at + 4),
                BitConverter.ToSingle(data, at + 8));
        }

        /// <summary>Threads of this process, by the kernel; where they end by themselves, after a moment.</summary>
        public static int Threads(int atMost)
        {
            int count = int.MaxValue;
            for (int i = 0; i < 100 && count > atMost; i++)
            {
                count = Directory.GetDirectories("/proc/self/task").Length;
                Thread.Sleep(count > atMost ? 20 : 0);
            }
            return count;
        }

        public static int Count(string what)
        {
            return Debug.Said.FindAll(said => said.Contains(what)).Count;
        }

        public static void NoExceptions()
        {
            Check.Equal(null, Debug.Said.Find(said => said.StartsWith("exception") || said.StartsWith("error")),
                "in the Console");
        }
    }

    /// <summary>Counts a component's events.</summary>
    public sealed class Heard
    {
        public int Started, Ended, Interrupted, Connected, Disconnected;

        public Heard(TalkwireNpc npc)
        {
            npc.Started.AddListener(() => Started++);
            npc.Ended.AddListener(() => Ended++);
            npc.Interrupted.AddListener(() => Interrupted++);
            npc.ConnectionChanged.AddListener(connected =>
            {
                Connected += connected ? 1 : 0;
                Disconnected += connected ? 0 : 1;
            });
        }
    }
}
