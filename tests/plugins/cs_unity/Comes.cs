using System;
using System.Diagnostics;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire.Tests
{
    /// <summary>Comes ENDPOINT: 50 times enabled and disabled, in edit mode and in Play, scripts loaded again in
    /// between, the domain kept or not: the head is there each time, and no thread is left.</summary>
    public static class Comes
    {
        private const double PatienceS = 20, MostDisableMs = 150;

        public static int Run(string[] args)
        {
            int threads = Scene.Threads(0x7fffffff);
            Cycles(args[0]);
            EditMode(args[0]);
            Reloads(args[0]);
            Changes(args[0]);
            Scene.NoExceptions();
            Check.That(Scene.Threads(threads) <= threads, "threads are left");
            Check.Equal(Mesh.Made, Mesh.Destroyed, "meshes");
            Check.Equal(Texture2D.Made, Texture2D.Destroyed, "textures");
            return 0;
        }

        private static void Cycles(string endpoint)
        {
            double longestMs = 0;
            int shown = 0;
            using (var loop = new PlayerLoop())
            {
                TalkwireFace face = Scene.Face(endpoint);
                for (int i = 0; i < 50; i++)
                {
                    face.enabled = true;
                    loop.Run(i * 13 % 150 / 1000.0);
                    shown += face.Mesh != null ? 1 : 0;
                    var watch = Stopwatch.StartNew();
                    face.enabled = false;
                    // the first loads code
                    longestMs = Math.Max(longestMs, i == 0 ? 0 : watch.Elapsed.TotalMilliseconds);
                    Check.Equal(0, TalkwireHub.Servers.Count, "servers");
                    Check.Equal(0, face.transform.gameObject.Components.FindAll(one => one is MeshFilter).Count,
                        "meshes on the object");
                }
                UnityEngine.Object.DestroyImmediate(face.gameObject);
            }
            Console.WriteLine("50 times: shown " + shown + ", longest OnDisable " + longestMs + " ms");
            Check.That(longestMs < MostDisableMs, "OnDisable took " + longestMs + " ms");
            Check.That(shown > 3, "shown " + shown + " times");
        }

        /// <summary>Without Play: it blinks, and what it says goes by the clock, unheard.</summary>
        private static void EditMode(string endpoint)
        {
            using (var loop = new PlayerLoop(false))
            {
                TalkwireFace face = Scene.Face(endpoint, "edited");
                var heard = new Heard(face);
                Check.That(loop.Run(PatienceS, () => face.Mesh != null), "no head in edit mode: " + face.Trouble);
                face.Say(Scene.Tone(0.5));
                Check.That(loop.Run(PatienceS, () => heard.Ended == 1), "not said in edit mode: " + face.Trouble);
                Check.Equal(0f, loop.Loudest, "heard in edit mode");
                UnityEngine.Object.DestroyImmediate(face.gameObject);
            }
            Check.Equal(0, GameObject.All.Count, "objects");
        }

        /// <summary>What Unity does around Play and around a change of scripts, with and without its calls of
        /// OnDisable.</summary>
        private static void Reloads(string endpoint)
        {
            using (var loop = new PlayerLoop())
            {
                TalkwireFace face = Scene.Face(endpoint);
                var heard = new Heard(face);
                for (int i = 0; i < 5; i++)
                {
                    Check.That(loop.Run(PatienceS, () => face.Stream != null && face.Stream.Picture != null),
                        "no head: " + face.Trouble);
                    face.Say(Scene.Tone(2));
                    loop.Run(0.3);
                    TalkwireHub.StopAll();  // before scripts are loaded; in the middle of what it says
                    Check.Equal(0, TalkwireHub.Servers.Count, "servers");
                }
                Check.That(loop.Run(PatienceS, () => heard.Connected == 6), "connected " + heard.Connected);
                Check.Equal(5, heard.Disconnected, "disconnected");
                UnityEngine.Object.DestroyImmediate(face.gameObject);
            }
            Application.Quit();
        }

        /// <summary>Settings that change while it runs, and ones that make no sense.</summary>
        private static void Changes(string endpoint)
        {
            using (var loop = new PlayerLoop())
            {
                TalkwireFace face = Scene.Face(endpoint, "one"), other = Scene.Face(endpoint, "one");
                Check.That(loop.Run(PatienceS, () => face.Mesh != null && other.Mesh != null),
                    "no heads: " + face.Trouble);
                Check.Equal("1 1", TalkwireHub.Servers.Count + " " + TalkwireHub.Servers[0].Streams.Count,
                    "servers and streams");
                face.Npc = "two";
                loop.Run(0.1);
                Check.Equal(2, TalkwireHub.Servers[0].Streams.Count, "streams");
                face.Npc = "not a name";
                loop.Run(0.1);
                Check.That(face.Stream == null && face.Trouble.Contains("no NPC has this name"), face.Trouble);
                Check.Equal(1, Scene.Count("no NPC has this name"), "told");
                Check.That(face.Say(Scene.Tone(1)) == null && face.PushPcm(new float[9], 16000) == 0,
                    "it cannot speak");
                face.Endpoint = "tcp://host:port";
                loop.Run(0.1);
                Check.That(face.Trouble.Contains("not an address"), face.Trouble);
                face.Endpoint = endpoint;
                face.Npc = "three";
                face.SetEmotion("envy", 1);
                face.AvOffsetMs = 1e9f;
                AudioClip clip = Scene.Tone(1);
                clip.Compressed = true;
                Check.That(loop.Run(PatienceS, () => face.Stream != null && face.Stream.Picture != null), face.Trouble);
                Check.That(face.Say(clip) == null && face.Say(null) == null && Scene.Count("Decompress On Load") == 1,
                    "clips");
                Check.That(loop.Run(PatienceS, () => Scene.Count("envy") == 1), "an emotion that is none is told");
                face.Detail = FaceDetail.Basis;
                long uploads = face.Mesh == null ? 0 : face.Mesh.Uploads;
                Check.That(loop.Run(PatienceS, () => face.Mesh != null && face.Mesh.Uploads > uploads + 60),
                    "no pictures of the basis");
                UnityEngine.Object.DestroyImmediate(other.gameObject);
                loop.Run(0.2);
                UnityEngine.Object.DestroyImmediate(face.gameObject);
            }
            Check.Equal(0, TalkwireHub.Servers.Count, "servers");
        }
    }
}
