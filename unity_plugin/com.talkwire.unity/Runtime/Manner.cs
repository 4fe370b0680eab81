using System.Collections.Generic;
using Talkwire.Core;
using Talkwire.Core.Wire;
using UnityEngine;

namespace Talkwire
{
    /// <summary>How an NPC speaks, feels and looks, said to the server when it has changed.</summary>
    internal sealed class Manner
    {
        private const float LeastTurnDeg = 1;  // less is not worth a message

        private readonly List<Emotion> _emotions = new List<Emotion>();
        private readonly List<Layer> _layers = new List<Layer>();
        private float _strength = 1, _followVoice;
        private float _yawDeg, _pitchDeg;
        private bool _looks, _changed;

        /// <summary>It has to be said again, unless it is how everybody is.</summary>
        public void Again()
        {
            _changed = _looks || _emotions.Count > 0 || _layers.Count > 0 || _strength != 1 || _followVoice != 0;
        }

        public void SetEmotion(string emotion, float share)
        {
            for (int i = _emotions.Count - 1; i >= 0; i--)
            {
                if (_emotions[i].Name == emotion)
                {
                    _emotions.RemoveAt(i);
                }
            }
            if (share > 0)
            {
                _emotions.Add(new Emotion { Name = emotion, Share = Mathf.Clamp01(share) });
            }
            _changed = true;
        }

        public void SetLayer(string layer, float share)
        {
            for (int i = _layers.Count - 1; i >= 0; i--)
            {
                if (_layers[i].Name == layer)
                {
                    _layers.RemoveAt(i);
                }
            }
            if (share != 1)
            {
                _layers.Add(new Layer { Name = layer, Share = Mathf.Clamp(share, 0, 2) });
            }
            _changed = true;
        }

        public void LookAway()
        {
            _changed |= _looks;
            _looks = false;
        }

        /// <summary>towards: in the face's space, +Z ahead, +X to its right.</summary>
        public void LookAt(Vector3 towards)
        {
            float yawDeg = Mathf.Clamp(Mathf.Atan2(-towards.x, towards.z) * Mathf.Rad2Deg, -90, 90);
            float ahead = Mathf.Sqrt(towards.x * towards.x + towards.z * towards.z);
            float pitchDeg = Mathf.Clamp(Mathf.Atan2(towards.y, ahead) * Mathf.Rad2Deg, -90, 90);
            float turnDeg = Mathf.Max(Mathf.Abs(yawDeg - _yawDeg), Mathf.Abs(pitchDeg - _pitchDeg));
            if (!_looks || turnDeg >= LeastTurnDeg)
            {
                _yawDeg = yawDeg;
                _pitchDeg = pitchDeg;
                _looks = _changed = true;
            }
        }

        /// <summary>What has changed since the last time; where the network's thread has no room, the next
        /// time.</summary>
        public void Tell(Npc npc, float strength, float followVoice)
        {
            _changed |= strength != _strength || followVoice != _followVoice;
            _strength = strength;
            _followVoice = followVoice;
            if (_changed)
            {
                _changed = !npc.SetStyle(Said());
            }
        }

        internal Style Said()
        {
            var style = new Style { Strength = _strength, FollowVoice = _followVoice };
            for (int i = 0; i < _emotions.Count; i++)
            {
                style.Emotions.Add(_emotions[i]);
            }
            for (int i = 0; i < _layers.Count; i++)
            {
                style.Layers.Add(_layers[i]);
            }
            if (_looks)
            {
                style.LookAtDeg.Add(new Look { YawDeg = _yawDeg, PitchDeg = _pitchDeg });
            }
            return style;
        }
    }
}
