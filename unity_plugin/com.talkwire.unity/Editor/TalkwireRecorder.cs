using System.Collections.Generic;
using Talkwire.Core;
using UnityEditor;
using UnityEngine;

namespace Talkwire.Editing
{
    /// <summary>A live face into an AnimationClip: the shapes of a character with TalkwireBlendShapes by their own
    /// names, and its head's bone; of any other NPC the 52 by ARKit's names, for a mesh named Face below an
    /// Animator.</summary>
    public static class TalkwireRecorder
    {
        private const float RateHz = 60, Same = 1e-4f;  // a weight that stays needs no key
        private const string Elsewhere = "Face";

        private static readonly List<Track> Tracks = new List<Track>();
        private static TalkwireNpc _npc;
        private static double _beganS, _steppedS;

        private sealed class Track
        {
            public EditorCurveBinding Binding;
            public SkinnedMeshRenderer Renderer;  // null: of the picture's weights, or the bone
            public int Shape;
            public Transform Bone;
            public readonly List<Keyframe> Keys = new List<Keyframe>();
        }

        public static bool Records(TalkwireNpc npc)
        {
            return _npc != null && _npc == npc;
        }

        /// <summary>From now on, this one.</summary>
        public static void Start(TalkwireNpc npc)
        {
            Stop();
            _npc = npc;
            _beganS = _steppedS = EditorApplication.timeSinceStartup;
            var shapes = npc as TalkwireBlendShapes;
            if (shapes == null)
            {
                for (int i = 0; i < ShapeNames.Arkit.Length; i++)
                {
                    Tracks.Add(new Track { Shape = i, Binding = Of(Elsewhere, ShapeNames.Arkit[i]) });
                }
                return;
            }
            foreach (TalkwireBlendShapes.Binding bound in shapes.Bound())
            {
                string path = AnimationUtility.CalculateTransformPath(bound.Renderer.transform, npc.transform);
                string name = bound.Renderer.sharedMesh.GetBlendShapeName(bound.Shape);
                Tracks.Add(new Track { Renderer = bound.Renderer, Shape = bound.Shape, Binding = Of(path, name) });
            }
            for (int i = 0; shapes.Head != null && i < 4; i++)
            {
                string path = AnimationUtility.CalculateTransformPath(shapes.Head, npc.transform);
                var binding = EditorCurveBinding.FloatCurve(path, typeof(Transform), "m_LocalRotation." + "xyzw"[i]);
                Tracks.Add(new Track { Bone = shapes.Head, Shape = i, Binding = binding });
            }
        }

        /// <summary>The editor's update.</summary>
        public static void Step()
        {
            double nowS = EditorApplication.timeSinceStartup;
            TalkwireStream stream = _npc == null ? null : _npc.Stream;
            if (stream == null || stream.Picture == null || nowS - _steppedS < 1 / RateHz)
            {
                return;
            }
            _steppedS = nowS;
            for (int i = 0; i < Tracks.Count; i++)
            {
                Add(Tracks[i].Keys, (float)(nowS - _beganS), Value(Tracks[i], stream.Picture));
            }
        }

        /// <summary>What was recorded; null: nothing. It begins anew with Start.</summary>
        public static AnimationClip Stop()
        {
            AnimationClip clip = null;
            if (_npc != null && Tracks.Count > 0 && Tracks[0].Keys.Count > 0)
            {
                clip = new AnimationClip { name = _npc.Npc, frameRate = RateHz };
                foreach (Track track in Tracks)
                {
                    AnimationUtility.SetEditorCurve(clip, track.Binding, Curve(track.Keys));
                }
                clip.EnsureQuaternionContinuity();
            }
            _npc = null;
            Tracks.Clear();
            return clip;
        }

        public static void StopAndSave()
        {
            AnimationClip clip = Stop();
            string path = clip == null ? ""
                : EditorUtility.SaveFilePanelInProject("Save the face", clip.name, "anim", "An AnimationClip");
            if (path.Length > 0)
            {
                AssetDatabase.CreateAsset(clip, path);
            }
        }

        private static EditorCurveBinding Of(string path, string shape)
        {
            return EditorCurveBinding.FloatCurve(path, typeof(SkinnedMeshRenderer), "blendShape." + shape);
        }

        private static float Value(Track track, Picture picture)
        {
            if (track.Bone != null)
            {
                return track.Bone.localRotation[track.Shape];
            }
            return track.Renderer != null ? track.Renderer.GetBlendShapeWeight(track.Shape)
                : 100 * picture.Face.Weights[track.Shape];
        }

        /// <summary>Of a value that stays, the first key and the last.</summary>
        private static void Add(List<Keyframe> keys, float timeS, float value)
        {
            int last = keys.Count - 1;
            if (last > 0 && IsSame(keys[last].value, value) && IsSame(keys[last - 1].value, value))
            {
                keys[last] = new Keyframe(timeS, value);
            }
            else
            {
                keys.Add(new Keyframe(timeS, value));
            }
        }

        private static bool IsSame(float a, float b)
        {
            return Mathf.Abs(a - b) < Same;
        }

        private static AnimationCurve Curve(List<Keyframe> keys)
        {
            var curve = new AnimationCurve(keys.ToArray());
            for (int i = 0; i < keys.Count; i++)
            {
                AnimationUtility.SetKeyLeftTangentMode(curve, i, AnimationUtility.TangentMode.Linear);
                AnimationUtility.SetKeyRightTangentMode(curve, i, AnimationUtility.TangentMode.Linear);
            }
            return curve;
        }
    }
}
