using UnityEngine.Timeline;

namespace Talkwire
{
    /// <summary>Lines of an NPC on a timeline.</summary>
    [TrackColor(0.93f, 0.55f, 0.24f)]
    [TrackClipType(typeof(TalkwireLine))]
    [TrackBindingType(typeof(TalkwireNpc))]
    public sealed class TalkwireTrack : TrackAsset
    {
    }
}
