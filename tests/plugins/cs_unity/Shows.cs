using System;
using System.Reflection;
using Talkwire.Core;
using Talkwire.Editing;
using UnityEditor;
using UnityEngine;
using UnityEngine.Playables;

namespace Talkwire.Tests
{
    /// <summary>Shows ENDPOINT: a character's shapes, a video face, the overlay, the editor's window and inspector, a
    /// recording and a timeline.</summary>
    public static class Shows
    {
        private const double PatienceS = 30;

        public static int Run(string[] args)
        {
            int threads = Scene.Threads(0x7fffffff);
            System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(EditorLife).TypeHandle);
            using (var loop = new PlayerLoop())
            {
                TalkwireBlendShapes shapes = Character(args[0]);
                loop.Run(0.1);
                Screen(loop, args[0]);
                Moves(loop, shapes);
                Records(loop, shapes);
                Plays(loop, shapes);
                Windows(loop, args[0]);
                UnityEngine.Object.DestroyImmediate(shapes.gameObject);
            }
            Edits(args[0]);
            Scene.NoExceptions();
            Check.Equal(0, TalkwireHub.Servers.Count, "servers");
            Check.That(Scene.Threads(threads) <= threads, "threads are left");
            return 0;
        }

        private static TalkwireBlendShapes Character(string endpoint)
        {
            var character = new GameObject("character");
            character.SetActive(false);
            character.transform.rotation = Quaternion.Euler(0, 90, 0);
            SkinnedMeshRenderer renderer = ShapeTests.Skinned(character, "x.jawOpen", "x.eyeBlink_L",
                "x.mouthSmileRight");
            renderer.SetBlendShapeWeight(2, 7);
            var shapes = character.AddComponent<TalkwireBlendShapes>();
            shapes.Endpoint = endpoint;
            shapes.Npc = "character";
            var neck = new GameObject("neck");
            neck.transform.SetParent(character.transform, false);
            shapes.Head = neck.transform;
            character.SetActive(true);
            return shapes;
        }

        private static void Moves(PlayerLoop loop, TalkwireBlendShapes shapes)
        {
            var heard = new Heard(shapes);
            SkinnedMeshRenderer renderer = shapes.GetComponentsInChildren<SkinnedMeshRenderer>()[0];
            float open = 0, turned = 0;
            shapes.Say(Scene.Tone(2));
            Check.That(loop.Run(PatienceS, () =>
            {
                open = Math.Max(open, renderer.GetBlendShapeWeight(0));
                turned = Math.Max(turned,
                    Math.Abs(shapes.Head.localRotation.x) + Math.Abs(shapes.Head.localRotation.y));
                return heard.Ended == 1;
            }), "not said: " + shapes.Trouble);
            Check.That(open > 1 && open <= 100, "the jaw opened to " + open);
            Console.WriteLine("jaw to " + open + ", head turned by " + turned);
            Check.That(renderer.GetBlendShapeWeight(2) != 7, "it does not smile");
            UnityEditor.SceneManagement.EditorSceneManager.Save();
            Check.Equal(7f, renderer.GetBlendShapeWeight(2), "as it is saved");
            loop.Run(0.1);
            shapes.enabled = false;
            Check.Equal(7f, renderer.GetBlendShapeWeight(2), "as it was");
            shapes.enabled = true;
        }

        private static void Screen(PlayerLoop loop, string endpoint)
        {
            var screen = new GameObject("screen");
            screen.SetActive(false);
            var renderer = screen.AddComponent<MeshRenderer>();
            renderer.sharedMaterials = new[] { new Material(Shader.Find("Standard")) };
            var face = screen.AddComponent<TalkwireVideoFace>();
            face.Endpoint = endpoint;
            face.Npc = "screen";
            screen.SetActive(true);
            Check.That(loop.Run(PatienceS, () => face.Texture != null), "no texture: " + face.Trouble);
            loop.Run(0.1);
            Check.Equal(face.Texture, renderer.Blocks[0].Textures[Shader.PropertyToID("_MainTex")], "on the material");
            int changes = face.Texture.Changes;
            Check.That(loop.Run(PatienceS, () => face.Texture.Changes > changes + 30), "it does not change");
            Check.Equal("algorithmicMedia: nobody: a sphere", face.Generated + ": " + face.Shows, "whom it shows");
            face.ExactTexture = true;
            loop.Run(0.1);
            changes = face.Texture.Changes;
            Check.That(loop.Run(PatienceS, () => face.Texture.Changes > changes + 30), "it does not change without loss");
            Check.Equal("RGB24", "" + face.Texture.format, "its pixels");
            UnityEngine.Object.DestroyImmediate(screen);
            Check.Equal(null, renderer.Blocks[0], "as it was");
        }

        private static void Records(PlayerLoop loop, TalkwireBlendShapes shapes)
        {
            TalkwireRecorder.Start(shapes);
            Check.That(TalkwireRecorder.Records(shapes), "it does not record");
            shapes.Say(Scene.Tone(1));
            long untilNs = Clock.NowNs + 2000000000;
            loop.Run(PatienceS, () =>
            {
                EditorApplication.update();
                return Clock.NowNs > untilNs;
            });
            TalkwireRecorder.StopAndSave();
            var clip = (AnimationClip)AssetDatabase.Assets["Assets/character.anim"];
            Check.Equal(7, clip.Curves.Count, "curves");
            Keyframe[] keys = clip.Curves["Face:blendShape.x.jawOpen"].keys;
            float most = 0;
            for (int i = 0; i < keys.Length; i++)
            {
                Check.That(i == 0 || keys[i].time > keys[i - 1].time, "key " + i + " is not later");
                most = Math.Max(most, keys[i].value);
            }
            Check.That(keys.Length > 10 && most > 1 && keys[keys.Length - 1].time > 1.5f,
                keys.Length + " keys to " + most);
            Check.Equal(null, TalkwireRecorder.Stop(), "recorded twice");
        }

        private static void Plays(PlayerLoop loop, TalkwireNpc npc)
        {
            var heard = new Heard(npc);
            var line = ScriptableObject.CreateInstance<TalkwireLine>();
            line.Clip = Scene.Tone(1);
            Check.Near(1, line.duration, 1e-6, "duration");
            var behaviour = new TalkwireLineBehaviour { Clip = line.Clip };
            var played = new FrameData { evaluationType = FrameData.EvaluationType.Playback, weight = 1 };
            var scrubbed = new FrameData { evaluationType = FrameData.EvaluationType.Evaluate, weight = 1 };
            behaviour.ProcessFrame(PlayableExtensions.At(0), scrubbed, npc);
            behaviour.ProcessFrame(PlayableExtensions.At(0.9), played, npc);  // the timeline began in its middle
            behaviour.OnBehaviourPause(PlayableExtensions.At(0), played);
            loop.Run(1);
            Check.Equal(0, heard.Started, "said where it was scrubbed");
            behaviour.ProcessFrame(PlayableExtensions.At(0), played, npc);
            behaviour.ProcessFrame(PlayableExtensions.At(0.02), played, npc);
            behaviour.ProcessFrame(PlayableExtensions.At(0.98), played, npc);
            behaviour.OnBehaviourPause(PlayableExtensions.At(1), played);
            Check.That(loop.Run(PatienceS, () => heard.Ended == 1), "not said to its end");
            behaviour.ProcessFrame(PlayableExtensions.At(0), played, npc);
            Check.That(loop.Run(PatienceS, () => heard.Started == 2), "not said again");
            behaviour.OnBehaviourPause(PlayableExtensions.At(0.3), played);
            Check.That(loop.Run(PatienceS, () => heard.Interrupted == 1), "not cut with the timeline");
        }

        private static void Windows(PlayerLoop loop, string endpoint)
        {
            var overlay = new GameObject("overlay").AddComponent<TalkwireStatistics>();
            Messages.Send(overlay, "OnGUI");
            Check.That(GUI.Shown.Contains("character  Open") && GUI.Shown.Contains("A/V error p95"), GUI.Shown);
            Console.WriteLine(GUI.Shown);
            UnityEngine.Object.DestroyImmediate(overlay.gameObject);
            var inspector = new TalkwireNpcEditor { target = TalkwireHub.Servers[0].Streams[0].Members[0] };
            EditorGUILayout.Shown.Clear();
            inspector.OnInspectorGUI();
            Check.That(EditorGUILayout.Shown.Contains("Connection: connected, Open"),
                string.Join("|", EditorGUILayout.Shown));
            Check.That(EditorGUILayout.Shown.Contains("Shapes found: 3"), string.Join("|", EditorGUILayout.Shown));
            Window(endpoint, loop);
        }

        /// <summary>The window has a connection of its own, or shares it, and meets it again after a reload.</summary>
        private static void Window(string endpoint, PlayerLoop loop)
        {
            var window = new TalkwireWindow();
            typeof(TalkwireWindow).GetField("_endpoint",
                BindingFlags.Instance | BindingFlags.NonPublic).SetValue(window, endpoint);
            Call(window, "OnEnable");
            foreach (string pressed in new[] { "", "Record", "Stop and save", "Interrupt", "Say" })
            {
                GUILayout.Pressed = pressed;
                EditorGUILayout.Shown.Clear();
                loop.Run(0.2);
                Call(window, "OnGUI");
            }
            GUILayout.Pressed = "";
            Check.That(EditorGUILayout.Shown.Contains("connected: busy 0 %")
                || EditorGUILayout.Shown[0].StartsWith("connected"),
                string.Join("|", EditorGUILayout.Shown));
            AssemblyReloadEvents.Reload();
            Check.Equal(0, TalkwireHub.Servers.Count, "servers after a reload");
            Call(window, "OnInspectorUpdate");
            Check.That(loop.Run(PatienceS,
                () => TalkwireHub.Servers.Count == 1 && TalkwireHub.Servers[0].IsConnected), "not met again");
            Call(window, "OnDisable");
        }

        /// <summary>The editor is asked for updates while a face is there, and not otherwise.</summary>
        private static void Edits(string endpoint)
        {
            EditorApplication.Change(PlayModeStateChange.ExitingPlayMode);
            using (var loop = new PlayerLoop(false))
            {
                int before = EditorApplication.Queued;
                EditorApplication.update();
                Check.Equal(before, EditorApplication.Queued, "asked for nothing");
                TalkwireFace face = Scene.Face(endpoint);
                Check.That(loop.Run(PatienceS, () =>
                {
                    EditorApplication.update();
                    return face.Mesh != null && EditorApplication.Queued > before + 10;
                }), "the editor stands still");
                UnityEngine.Object.DestroyImmediate(face.gameObject);
            }
            EditorApplication.Quit();
        }

        private static void Call(object on, string message)
        {
            on.GetType().GetMethod(message, BindingFlags.Instance | BindingFlags.NonPublic).Invoke(on, null);
        }
    }
}
