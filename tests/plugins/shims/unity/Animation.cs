using System.Collections.Generic;

namespace UnityEngine
{
    // docs.unity3d.com/ScriptReference/Keyframe.html
    public struct Keyframe
    {
        public Keyframe(float time, float value)
        {
            this.time = time;
            this.value = value;
        }

        public float time { get; set; }
        public float value { get; set; }
    }

    // docs.unity3d.com/ScriptReference/AnimationCurve.html
    public sealed class AnimationCurve
    {
        public AnimationCurve(params Keyframe[] keys)
        {
            this.keys = keys;
        }

        public Keyframe[] keys { get; private set; }
    }

    // docs.unity3d.com/ScriptReference/AnimationClip.html
    public sealed class AnimationClip : Object
    {
        // of the imitation
        public readonly Dictionary<string, AnimationCurve> Curves = new Dictionary<string, AnimationCurve>();
        public float frameRate { get; set; }

        public void EnsureQuaternionContinuity()
        {
        }
    }
}
