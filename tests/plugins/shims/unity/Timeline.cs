using System;
using UnityEngine.Playables;

namespace UnityEngine.Timeline
{
    // docs.unity3d.com/Packages/com.unity.timeline@1.6/api/UnityEngine.Timeline.TrackAsset.html
    public abstract class TrackAsset : PlayableAsset
    {
        public override Playable CreatePlayable(PlayableGraph graph, GameObject owner)
        {
            return default(Playable);
        }
    }

    // .../UnityEngine.Timeline.ITimelineClipAsset.html
    public interface ITimelineClipAsset
    {
        ClipCaps clipCaps { get; }
    }

    // .../UnityEngine.Timeline.ClipCaps.html
    [Flags]
    public enum ClipCaps
    {
        None = 0,
    }

    // .../UnityEngine.Timeline.TrackClipTypeAttribute.html
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public sealed class TrackClipTypeAttribute : Attribute
    {
        public TrackClipTypeAttribute(Type clipClass)
        {
        }
    }

    // .../UnityEngine.Timeline.TrackBindingTypeAttribute.html
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class TrackBindingTypeAttribute : Attribute
    {
        public TrackBindingTypeAttribute(Type type)
        {
        }
    }

    // .../UnityEngine.Timeline.TrackColorAttribute.html
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class TrackColorAttribute : Attribute
    {
        public TrackColorAttribute(float r, float g, float b)
        {
        }
    }
}
