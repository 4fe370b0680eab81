using UnityEditor;
using UnityEditor.SceneManagement;
using UnityEngine;
using UnityEngine.SceneManagement;

namespace Talkwire.Editing
{
    /// <summary>Faces live in edit mode, too, and no connection outlives what it belongs to: a change of scripts,
    /// Play, the editor.</summary>
    [InitializeOnLoad]
    public static class EditorLife
    {
        private const double EveryS = 1 / 60.0;

        private static double _steppedS;

        static EditorLife()
        {
            AssemblyReloadEvents.beforeAssemblyReload += TalkwireHub.StopAll;
            EditorApplication.quitting += TalkwireHub.StopAll;
            EditorApplication.playModeStateChanged += Changed;
            EditorApplication.update += Step;
            EditorSceneManager.sceneSaving += Saving;
        }

        // a character is saved as it is at rest
        private static void Saving(Scene scene, string path)
        {
            foreach (TalkwireServer server in TalkwireHub.Servers)
            {
                foreach (TalkwireStream stream in server.Streams)
                {
                    foreach (TalkwireNpc member in stream.Members)
                    {
                        member.BeforeSaving();
                    }
                }
            }
        }

        private static void Changed(PlayModeStateChange change)
        {
            if (change == PlayModeStateChange.ExitingEditMode || change == PlayModeStateChange.ExitingPlayMode)
            {
                TalkwireRecorder.Stop();
                TalkwireHub.StopAll();
            }
        }

        // the editor does not update what does not change, and a face always does
        private static void Step()
        {
            double nowS = EditorApplication.timeSinceStartup;
            if (!Application.isPlaying && TalkwireHub.Servers.Count > 0 && nowS - _steppedS >= EveryS)
            {
                _steppedS = nowS;
                EditorApplication.QueuePlayerLoopUpdate();
                SceneView.RepaintAll();
            }
            TalkwireRecorder.Step();
        }
    }
}
