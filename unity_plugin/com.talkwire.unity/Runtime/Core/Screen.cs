namespace Talkwire.Core
{
    /// <summary>The picture of what is on, a face at rest where nothing comes, and the way between.</summary>
    internal sealed class Screen
    {
        private readonly Fade _fade;
        private Lapse _lapse;

        /// <summary>What was shown last.</summary>
        public readonly Picture Shown = new Picture();

        public Screen(PoseMemory memory)
        {
            _fade = new Fade(memory);
        }

        /// <summary>Whether anything was shown.</summary>
        public bool Lit { get; private set; }

        /// <summary>Another utterance from here on.</summary>
        public void Next(long nowNs)
        {
            _fade.Begin(nowNs, Fade.NextS);
        }

        /// <summary>What was is void.</summary>
        public void Cut(long nowNs)
        {
            _lapse.Cut(nowNs);
            _fade.Begin(nowNs, Fade.CutS);
        }

        /// <summary>picture: what belongs there, or is held; null for neither.  missing: what should follow it has not
        /// come.  far: it is of a moment that is far from this one.</summary>
        public void Show(Picture picture, Head head, bool missing, bool far, long nowNs)
        {
            bool rested = _lapse.Resting, rests = _lapse.Step(missing, far, nowNs);
            if (rests != rested)
            {
                _fade.Begin(nowNs, rests ? Fade.RestS : Fade.NextS);
            }
            if (picture == null)
            {
                return;
            }
            if (rests)
            {
                picture.Rest(head);
            }
            _fade.Blend(picture, nowNs, Shown);
            Lit = true;
        }
    }
}
