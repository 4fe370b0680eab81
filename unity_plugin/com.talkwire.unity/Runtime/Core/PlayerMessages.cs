using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>What becomes of each message.</summary>
    public sealed partial class Player
    {
        /// <summary>What of this message takes longer than a game's frame should: a head, a basis (some 50 ms under
        /// mono), a texture; null for all others. Made by any thread, for Take.</summary>
        public static object Prepare(Message message)
        {
            var mesh = message as Mesh;
            var basis = message as Basis;
            var texture = message as Texture;
            return mesh != null ? new Head(mesh) : basis != null ? new BasisSum(basis)
                : texture != null ? (object)new KeptTexture(texture) : null;
        }

        /// <summary>The newest that has come; what is older is void.</summary>
        public long Generation
        {
            get { return _programme.Generation; }
        }

        /// <summary>One of several that are taken together. prepared: what Prepare has made of it, if it was asked.
        /// </summary>
        public void Take(Message message, string plane, long nowNs, object prepared = null)
        {
            Take(message, plane, nowNs, prepared, nowNs);
        }

        /// <param name="arrivedNs">When it came, which may be before now: a game looks 60 times a second, and that is no
        /// jitter of the network.</param>
        public void Take(Message message, string plane, long nowNs, object prepared, long arrivedNs)
        {
            if (message is Frame || message is Coefficients)
            {
                TakeFrame((Stamped)message, nowNs, arrivedNs, plane == Topic.Arkit);
            }
            else if (message is Audio)
            {
                TakeAudio((Audio)message, nowNs);
            }
            else if (message is Patch)
            {
                TakePatch((Patch)message, nowNs);
            }
            else if (message is Event)
            {
                TakeEvent((Event)message, nowNs);
            }
            else
            {
                TakeStatic(prepared ?? Prepare(message));
            }
        }

        /// <summary>What never changes while an avatar speaks. It is sent again for others; the same changes
        /// nothing.</summary>
        private void TakeStatic(object prepared)
        {
            var texture = prepared as KeptTexture;
            if (prepared is Head)
            {
                _poser.Take((Head)prepared);
            }
            else if (prepared is BasisSum)
            {
                _poser.Take((BasisSum)prepared);
            }
            else if (texture != null && (Texture == null || !Texture.Is(texture)))
            {
                Texture = texture;
            }
        }

        private void TakeFrame(Stamped message, long nowNs, long arrivedNs, bool bare)
        {
            Stamp stamp = message.Stamp;
            Track track = TrackOf(stamp.Utterance, stamp.Generation, nowNs);
            if (track == null)
            {
                return;
            }
            track.Bare = bare;
            _framedNs = nowNs;
            if (!track.IsNew(stamp.Pts))
            {
                return;
            }
            KeptFrame kept = _poser.Memory.Frames.Take();
            var frame = message as Frame;
            var coefficients = message as Coefficients;
            int every = frame != null ? frame.Every : coefficients.Every;
            if (frame != null)
            {
                kept.Keep(frame);
            }
            else
            {
                kept.Keep(coefficients);
            }
            track.AddFrame(kept, stamp);
            _programme.FramesHaveReached(track);
            if (!stamp.Has(Flag.Repeat))
            {
                long transitNs = arrivedNs - stamp.ServerNs;
                Buffer.Arrived(transitNs, arrivedNs);
                bool late = track == _programme.Current && !track.Idle && Moment(track, nowNs) > stamp.Pts;
                Stats.Frame(stamp, every, transitNs - _offsetNs, nowNs, late);
            }
        }

        private void TakePatch(Patch patch, long nowNs)
        {
            Track track = TrackOf(patch.Stamp.Utterance, patch.Stamp.Generation, nowNs);
            if (track != null && track.IsNewPatch(patch.Stamp.Pts))
            {
                KeptPatch kept = _patches.Take() ?? new KeptPatch(_patches);
                kept.Keep(patch);
                track.AddPatch(kept);
            }
        }

        private void TakeAudio(Audio audio, long nowNs)
        {
            Track track = TrackOf(audio.Utterance, audio.Generation, nowNs);
            if (track == null)
            {
                return;
            }
            track.RateHz = audio.SampleRateHz;
            _programme.SoundHasReached(track.Id);
            if (audio.SampleCount > 0)
            {
                if (track.FirstPts < 0)
                {
                    track.FirstPts = audio.Pts;
                }
                long gap = audio.Pts - track.End;
                if (gap > 0)
                {
                    _playout.Lost(track, gap, audio.Pts, nowNs);
                }
                if (gap >= 0)
                {
                    track.AddSound(audio.Samples, audio.SampleCount);
                }
            }
            track.SoundComplete |= (audio.Flags & Flag.Last) != 0;
        }

        private void TakeEvent(Event happened, long nowNs)
        {
            switch (happened.Kind)
            {
                case "closed":
                    if (IsOfNow(happened.Generation, nowNs))
                    {
                        Cut(nowNs, happened.Generation);
                    }
                    break;
                case "started":
                    Track track = TrackOf(happened.Utterance, happened.Generation, nowNs);
                    if (track != null)
                    {
                        track.RateHz = happened.SampleRateHz;
                        _programme.SoundHasReached(track.Id);
                        Stats.LineStarted(happened.Utterance, happened.HeardNs + _offsetNs);
                    }
                    break;
                default:
                    if (IsOfNow(happened.Generation, nowNs) && happened.Kind == "ended")
                    {
                        _programme.SoundHasReached(happened.Utterance + 1L);  // it came before, on the same socket
                    }
                    break;
            }
        }

        private Track TrackOf(long utterance, long generation, long nowNs)
        {
            return IsOfNow(generation, nowNs) ? _programme.Of(utterance) : null;
        }

        /// <summary>Whether it is the newest; a newer one voids what was.</summary>
        private bool IsOfNow(long generation, long nowNs)
        {
            if (generation > _programme.Generation)
            {
                Cut(nowNs, generation);
            }
            return generation == _programme.Generation;
        }
    }
}
