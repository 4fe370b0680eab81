using UnityEngine;
using UnityEngine.Playables;
using UnityEngine.Timeline;

namespace Talkwire
{
    /// <summary>One line: it is said when the timeline plays over its beginning, not where it is scrubbed.</summary>
    public sealed class TalkwireLine : PlayableAsset, ITimelineClipAsset
    {
        [SerializeField] private AudioClip _clip;

        public AudioClip Clip
        {
            get { return _clip; }
            set { _clip = value; }
        }

        public ClipCaps clipCaps
        {
            get { return ClipCaps.None; }
        }

        public override double duration
        {
            get { return _clip != null ? _clip.length : base.duration; }
        }

        public override Playable CreatePlayable(PlayableGraph graph, GameObject owner)
        {
            ScriptPlayable<TalkwireLineBehaviour> playable = ScriptPlayable<TalkwireLineBehaviour>.Create(graph);
            playable.GetBehaviour().Clip = _clip;
            return playable;
        }
    }

    /// <summary>Says it once, and cuts it where the timeline is stopped in its middle.</summary>
    public sealed class TalkwireLineBehaviour : PlayableBehaviour
    {
        private const double StartS = 0.25, EndS = 0.1;  // how late it may still begin, and be thought to be over

        private TalkwireNpc _npc;
        private double _lastS;

        public AudioClip Clip { get; set; }

        public override void ProcessFrame(Playable playable, FrameData info, object playerData)
        {
            _lastS = playable.GetTime();
            var npc = playerData as TalkwireNpc;
            bool plays = info.evaluationType == FrameData.EvaluationType.Playback && info.weight > 0;
            if (_npc == null && npc != null && Clip != null && plays && _lastS < StartS && npc.Say(Clip) != null)
            {
                _npc = npc;
            }
        }

        public override void OnBehaviourPause(Playable playable, FrameData info)
        {
            if (_npc != null && Clip != null && _lastS < Clip.length - EndS)
            {
                _npc.Interrupt();
            }
            _npc = null;
        }
    }
}
