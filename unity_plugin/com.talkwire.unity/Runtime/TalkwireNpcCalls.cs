using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>What a game says through it. Every call returns at once, and may be made in any state.</summary>
    public abstract partial class TalkwireNpc
    {
        private const float LookEveryS = 0.1f;

        private readonly Manner _manner = new Manner();
        private readonly Speech _speech = new Speech();
        private Transform _lookAt;
        private float _lookedS;

        /// <summary>Says a clip, after what is being said. Null where it cannot be read, or this is not
        /// enabled.</summary>
        public Line Say(AudioClip clip)
        {
            string trouble;
            Line line = _speech.Say(Joined(), clip, out trouble);
            if (line == null)
            {
                Debug.LogWarning("talkwire: " + name + " does not say it: " + trouble, this);
            }
            return line;
        }

        /// <summary>More of a line whose sound is made while it is spoken: mono, from -1 to 1. The first piece begins
        /// it. Returns how many samples were taken: fewer where a minute of it waits.</summary>
        public int PushPcm(float[] samples, int sampleRateHz)
        {
            return PushPcm(samples, 0, samples.Length, sampleRateHz);
        }

        public int PushPcm(float[] samples, int offset, int count, int sampleRateHz)
        {
            return _speech.Push(Joined(), samples, offset, count, sampleRateHz);
        }

        /// <summary>That line is whole.</summary>
        public void EndLine()
        {
            _speech.EndLine();
        }

        /// <summary>Cuts all that is said and waits: silent after 10 ms.</summary>
        public void Interrupt()
        {
            _speech.Forget();
            if (Stream != null)
            {
                Stream.Npc.Interrupt();
            }
        }

        /// <summary>How much it feels of "joy", "sadness", "anger", "fear", "disgust", "surprise" or "contempt", from
        /// 0 to 1, from now on. They mix.</summary>
        public void SetEmotion(string emotion, float share)
        {
            _manner.SetEmotion(emotion, share);
        }

        /// <summary>How much of its own "lips", "brows", "nods", "blinks", "gaze", "sway" or "breath" it shows: 1 is
        /// all, 0 leaves it to the game.</summary>
        public void SetLayer(string layer, float share)
        {
            _manner.SetLayer(layer, share);
        }

        /// <summary>Strength of the lips, 0 to 2, and how much a louder voice feels and moves more, 0 to 1.</summary>
        public void SetStyle(float strength, float followVoice)
        {
            _strength = Mathf.Clamp(strength, 0, 2);
            _followVoice = Mathf.Clamp01(followVoice);
        }

        /// <summary>Its eyes follow it; null: they wander.</summary>
        public void LookAt(Transform target)
        {
            _lookAt = target;
            if (target == null)
            {
                _manner.LookAway();
            }
        }

        /// <summary>Its eyes rest there, in the world.</summary>
        public void LookAt(Vector3 place)
        {
            _lookAt = null;
            _manner.LookAt(transform.InverseTransformDirection(place - EyesInWorld));
        }

        private void Follow()
        {
            float nowS = Time.realtimeSinceStartup;
            if (!ReferenceEquals(_lookAt, null) && nowS - _lookedS >= LookEveryS)
            {
                _lookedS = nowS;
                if (_lookAt == null)  // destroyed
                {
                    LookAt((Transform)null);
                    return;
                }
                _manner.LookAt(transform.InverseTransformDirection(_lookAt.position - EyesInWorld));
            }
        }
    }
}
