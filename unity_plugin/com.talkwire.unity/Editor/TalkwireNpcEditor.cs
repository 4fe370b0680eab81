using UnityEditor;
using UnityEngine;

namespace Talkwire.Editing
{
    /// <summary>The settings, and below them how it stands with the server, and a clip to be said.</summary>
    [CustomEditor(typeof(TalkwireNpc), true)]
    [CanEditMultipleObjects]
    public sealed class TalkwireNpcEditor : Editor
    {
        private AudioClip _clip;

        public override bool RequiresConstantRepaint()
        {
            return true;
        }

        public override void OnInspectorGUI()
        {
            DrawDefaultInspector();
            var npc = (TalkwireNpc)target;
            if (targets.Length > 1 || !npc.isActiveAndEnabled)
            {
                return;
            }
            State(npc);
            _clip = Speaking.Of(npc, _clip);
        }

        private static void State(TalkwireNpc npc)
        {
            string trouble = npc.Trouble;
            if (trouble.Length > 0)
            {
                EditorGUILayout.HelpBox(trouble, MessageType.Warning);
            }
            else
            {
                string state = npc.IsConnected ? "connected, " + npc.Stream.Npc.State : "connecting";
                EditorGUILayout.LabelField("Connection", state);
            }
            var shapes = npc as TalkwireBlendShapes;
            if (shapes != null)
            {
                EditorGUILayout.LabelField("Shapes found", shapes.ShapeCount.ToString());
            }
        }
    }

    /// <summary>A clip, and what may be done with it.</summary>
    internal static class Speaking
    {
        /// <summary>The clip that is chosen from now on.</summary>
        public static AudioClip Of(TalkwireNpc npc, AudioClip clip)
        {
            EditorGUILayout.BeginHorizontal();
            var chosen = (AudioClip)EditorGUILayout.ObjectField(clip, typeof(AudioClip), false);
            if (chosen != null && (chosen != clip || GUILayout.Button("Say")))
            {
                npc.Say(chosen);  // at once, when it was dropped there
            }
            if (GUILayout.Button("Interrupt"))
            {
                npc.Interrupt();
            }
            EditorGUILayout.EndHorizontal();
            return chosen;
        }
    }
}
