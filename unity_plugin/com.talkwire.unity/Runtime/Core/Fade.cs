using System;

namespace Talkwire.Core
{
    /// <summary>Cuts that are not seen: from what was shown to what belongs there. One at a time, from the picture that
    /// would be on the screen at the moment when it begins. See docs/playing.md, rule 9.</summary>
    internal sealed class Fade
    {
        public const double NextS = 0.08;  // to another utterance, or back from rest
        public const double CutS = 0.03;  // an interruption: gone at the third picture of a 60 Hz display
        public const double RestS = 0.3;  // to a face that does nothing, since nothing comes
        private const double HeadS = 0.2;  // a head is heavier than lips: it takes so long in each of them

        private readonly PoseMemory _memory;
        private readonly Picture _to = new Picture();  // what belonged there last
        private Picture _from = new Picture(), _spare = new Picture();
        private bool _shown, _underWay;
        private long _sinceNs;
        private double _faceS;

        public Fade(PoseMemory memory)
        {
            _memory = memory;
        }

        /// <summary>The face takes faceS. An interruption's fade ends when it would, whatever it now leads
        /// to.</summary>
        public void Begin(long nowNs, double faceS)
        {
            bool cut = _underWay && _faceS == CutS && nowNs - _sinceNs < CutS * Ns.PerS;
            if (cut || !_shown)
            {
                return;
            }
            Mixed(nowNs, _spare);
            _spare.Freeze(_memory);
            Picture old = _from;
            _from = _spare;
            _spare = old;
            old.Clear();
            _underWay = true;
            _sinceNs = nowNs;
            _faceS = faceS;
        }

        /// <summary>What to show now where `picture` belongs.</summary>
        public void Blend(Picture picture, long nowNs, Picture into)
        {
            _shown = true;
            _to.Set(picture);
            Mixed(nowNs, into);
        }

        private void Mixed(long nowNs, Picture into)
        {
            into.Set(_to);
            if (!_underWay)
            {
                return;
            }
            double sinceS = Ns.Seconds(Math.Max(0, nowNs - _sinceNs));
            double face = Math.Min(1.0, sinceS / _faceS), head = Math.Min(1.0, sinceS / HeadS);
            if (face == 1 && head == 1)
            {
                _underWay = false;
                _from.Clear();
                return;
            }
            into.Towards(_from, (float)face, (float)head, _memory);
        }
    }
}
