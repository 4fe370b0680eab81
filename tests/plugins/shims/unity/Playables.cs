namespace UnityEngine.Playables
{
    // docs.unity3d.com/ScriptReference/Playables.PlayableGraph.html
    public struct PlayableGraph
    {
    }

    // docs.unity3d.com/ScriptReference/Playables.Playable.html
    public struct Playable
    {
        internal double Time;  // GetTime is an extension of every playable
    }

    // docs.unity3d.com/ScriptReference/Playables.PlayableExtensions.GetTime.html
    public static class PlayableExtensions
    {
        public static double GetTime(this Playable playable)
        {
            return playable.Time;
        }

        public static Playable At(double time)  // of the imitation
        {
            return new Playable { Time = time };
        }
    }

    // docs.unity3d.com/ScriptReference/Playables.ScriptPlayable_1.html
    public struct ScriptPlayable<T> where T : PlayableBehaviour, new()
    {
        private T _behaviour;

        public static ScriptPlayable<T> Create(PlayableGraph graph, int inputCount = 0)
        {
            return new ScriptPlayable<T> { _behaviour = new T() };
        }

        public T GetBehaviour()
        {
            return _behaviour;
        }

        public static implicit operator Playable(ScriptPlayable<T> playable)
        {
            return default(Playable);
        }
    }

    // docs.unity3d.com/ScriptReference/Playables.FrameData.html
    public struct FrameData
    {
        public enum EvaluationType
        {
            Evaluate,
            Playback,
        }

        public EvaluationType evaluationType { get; set; }
        public float weight { get; set; }
    }

    // docs.unity3d.com/ScriptReference/Playables.PlayableBehaviour.html
    public abstract class PlayableBehaviour
    {
        public virtual void ProcessFrame(Playable playable, FrameData info, object playerData)
        {
        }

        public virtual void OnBehaviourPause(Playable playable, FrameData info)
        {
        }
    }

    // docs.unity3d.com/ScriptReference/Playables.PlayableAsset.html
    public abstract class PlayableAsset : ScriptableObject
    {
        public virtual double duration => double.PositiveInfinity;

        public abstract Playable CreatePlayable(PlayableGraph graph, GameObject owner);
    }
}
