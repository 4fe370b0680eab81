using System;
using System.Collections.Generic;

namespace Talkwire.Core
{
    /// <summary>The utterances of an NPC in their order: what has come of each, which one is on, which one may be next.
    /// They are numbered as they follow each other; one that was left never comes back.</summary>
    internal sealed class Programme
    {
        private const double UnseenAfterS = 1.0;
        private const int MaxWaiting = 64;  // twice of what an NPC may have waiting

        private readonly List<Track> _tracks = new List<Track>();  // by id
        private readonly Stack<Track> _free = new Stack<Track>();
        private long _left;  // the latest that was

        public long Generation { get; private set; }

        /// <summary>The one that is on, or null.</summary>
        public Track Current { get; private set; }

        /// <summary>All that is known and not left, in order.</summary>
        public List<Track> Tracks
        {
            get { return _tracks; }
        }

        /// <summary>What there is of it; null where it was left behind.</summary>
        public Track Of(long utterance)
        {
            int at = 0;
            while (at < _tracks.Count && _tracks[at].Id < utterance)
            {
                at++;
            }
            if (at < _tracks.Count && _tracks[at].Id == utterance)
            {
                return _tracks[at];
            }
            if (utterance <= _left)
            {
                return null;
            }
            Track track = _free.Count > 0 ? _free.Pop() : new Track();
            track.Begin(utterance, Generation);
            _tracks.Insert(at, track);
            return track;
        }

        /// <summary>Sounds come in order: those of earlier utterances are complete.</summary>
        public void SoundHasReached(long utterance)
        {
            for (int i = 0; i < _tracks.Count && _tracks[i].Id < utterance; i++)
            {
                _tracks[i].SoundComplete = true;
            }
        }

        /// <summary>The same with frames. Sound that is still missing long after will not come, either.</summary>
        public void FramesHaveReached(Track newest)
        {
            bool longAgo = newest.Idle && newest.SpanS >= Track.MaxApartS;
            for (int i = 0; i < _tracks.Count && _tracks[i].Id < newest.Id; i++)
            {
                _tracks[i].FramesComplete = true;
                _tracks[i].SoundComplete |= longAgo;
            }
        }

        /// <summary>The last one, of whatever utterance. Long ago: nobody reads them, and no sound waits for
        /// them.</summary>
        public void FramesCame(double agoS)
        {
            for (int i = 0; i < _tracks.Count; i++)
            {
                _tracks[i].Unseen = agoS > UnseenAfterS;
            }
        }

        /// <summary>The first that may begin, or null.</summary>
        public Track NextLine(double targetS)
        {
            for (int i = 0; i < _tracks.Count; i++)
            {
                Track track = _tracks[i];
                if (track != Current && !track.Idle && track.Ready(track.Begins, targetS))
                {
                    return track;
                }
            }
            return null;
        }

        /// <summary>The one that may begin, or null: not before the lines that it follows.</summary>
        public Track NextIdle()
        {
            Track idle = null;
            for (int i = 0; i < _tracks.Count; i++)
            {
                Track track = _tracks[i];
                if (track == Current)
                {
                    continue;
                }
                if (!track.Idle)
                {
                    break;
                }
                idle = track.Frames.Count > 0 ? track : idle;
            }
            return idle;
        }

        /// <summary>Those that waited longest, where more wait than an NPC can have said.</summary>
        public void TooMany(List<Track> into)
        {
            into.Clear();
            int spare = _tracks.Count - (Current != null ? 1 : 0) - MaxWaiting;
            for (int i = 0; i < _tracks.Count && into.Count < spare; i++)
            {
                if (_tracks[i] != Current)
                {
                    into.Add(_tracks[i]);
                }
            }
        }

        /// <summary>Those that are left for it.</summary>
        public void Before(Track track, List<Track> into)
        {
            into.Clear();
            for (int i = 0; i < _tracks.Count && _tracks[i].Id < track.Id; i++)
            {
                into.Add(_tracks[i]);
            }
        }

        /// <summary>It is on; what came before is left by then.</summary>
        public void Begin(Track track)
        {
            Current = track;
            _left = track.Id - 1;
        }

        /// <summary>Nothing is on, and nothing comes but of this generation. A new one counts its utterances
        /// anew.</summary>
        public void Clear(long generation)
        {
            while (_tracks.Count > 0)
            {
                Forget(_tracks[_tracks.Count - 1]);
            }
            Current = null;
            if (generation != Generation)
            {
                Generation = generation;
                _left = 0;
            }
        }

        /// <summary>It is left, and its memory is another's.</summary>
        public void Forget(Track track)
        {
            _tracks.Remove(track);
            _left = Math.Max(_left, track.Id);
            track.Clear();
            _free.Push(track);
        }
    }
}
