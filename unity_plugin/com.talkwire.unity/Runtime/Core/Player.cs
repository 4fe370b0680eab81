using System;
using System.Collections.Generic;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>Which frame belongs on the screen now, given the sound that is heard now. Give it what arrives
    /// (Receive), ask it what to show (Present) at every tick of the display, and for what happened.
    ///
    /// Pure but for its sink; it takes the time, of whatever monotonic clock, and is for one thread. Messages are
    /// copied. docs/playing.md has the rules; each is a class of its own: JitterBuffer, Drift, Playout, Lapse, Fade,
    /// Happening.</summary>
    public sealed partial class Player
    {
        public const double MostOffsetMs = 1000;

        public readonly Stats Stats = new Stats();
        public readonly JitterBuffer Buffer = new JitterBuffer();
        private readonly Programme _programme = new Programme();
        private readonly Poser _poser = new Poser();
        private readonly Happenings _happenings = new Happenings();
        private readonly Pool<KeptPatch> _patches = new Pool<KeptPatch>();
        private readonly Playout _playout;
        private readonly Screen _screen;
        private readonly Picture _belongs = new Picture();
        private readonly List<Track> _leaving = new List<Track>();
        private bool _framed;
        private long _framedNs;  // when the last frame came
        private long _offsetNs;  // added to the server's time gives ours

        public Player(ISink sink)
        {
            _playout = new Playout(sink, Buffer, Stats);
            _screen = new Screen(_poser.Memory);
        }

        /// <summary>What never changes of the head; null until it is known. Another one is another object.</summary>
        public Head Head
        {
            get { return _poser.Head; }
        }

        /// <summary>What the head's UVs index; null until it is known. Another one is another object.</summary>
        public KeptTexture Texture { get; private set; }

        /// <summary>The last frame whose vertices were broken, and drawn as the neutral head; null where there was
        /// none.</summary>
        public Problem Problem
        {
            get { return _poser.Memory.Problem; }
        }

        /// <summary>Whether nothing but idling is left to play.</summary>
        public bool Silent
        {
            get
            {
                for (int i = 0; i < _programme.Tracks.Count; i++)
                {
                    if (!_programme.Tracks[i].Idle)
                    {
                        return false;
                    }
                }
                return true;
            }
        }

        /// <summary>How much later than its sound is heard a moment is shown. Positive where the ear hears later than
        /// the sink knows, as with wireless headphones; negative where the screen is the slower one. Returns what is
        /// wrong with it, and changes nothing then.</summary>
        public Problem SetAvOffset(double offsetMs)
        {
            if (!(Math.Abs(offsetMs) <= MostOffsetMs))
            {
                return new Problem("protocol", "no A/V offset is so large", Problem.Number(offsetMs) + " ms",
                    "at most " + MostOffsetMs + " ms either way",
                    "measure how much later the ear hears than the eye sees");
            }
            _playout.OffsetS = offsetMs / 1e3;
            return null;
        }

        /// <summary>Takes one message. plane: it came on.  offsetNs: added to the server's time gives nowNs'
        /// clock.</summary>
        public void Receive(Message message, string plane, long nowNs, long offsetNs)
        {
            BeginReceiving(nowNs, offsetNs);
            Take(message, plane, nowNs);
            EndReceiving(nowNs);
        }

        /// <summary>For several that have arrived together: this, then Take for each, then EndReceiving.</summary>
        public void BeginReceiving(long nowNs, long offsetNs)
        {
            _offsetNs = offsetNs;
            Step(nowNs);
        }

        public void EndReceiving(long nowNs)
        {
            _programme.TooMany(_leaving);
            Leave(nowNs);
            Step(nowNs);
        }

        /// <summary>The picture for this moment, this player's own; null while there is none.</summary>
        public Picture Present(long nowNs)
        {
            double errorS;
            if (Error(nowNs, out errorS))
            {
                Stats.Held(errorS);
            }
            Step(nowNs);
            Track track = _programme.Current;
            bool live = track != null && _poser.Can(track);
            bool missing = true, far = false;
            if (live)
            {
                long moment = Moment(track, nowNs), heard = track.Idle ? moment : _playout.Heard(nowNs);
                _poser.Pose(track, moment, heard, _screen.Shown, _belongs);
                missing = IsMissing(track, moment);
                far = _belongs.TimeS - track.Seconds(moment) > Lapse.HoldS;
            }
            else if (_screen.Lit)
            {
                Hold(track);
            }
            _screen.Show(live || _screen.Lit ? _belongs : null, _poser.Head, missing, far, nowNs);
            return _screen.Lit ? _screen.Shown : null;
        }

        /// <summary>The vertices of the picture presented last: x, y, z in metres of the wire's space, to the first 3
        /// * Picture.VertexCount floats; false where it has none. The costly part of a picture: another thread may do
        /// it, while nobody calls this player.</summary>
        public bool Vertices(float[] into)
        {
            if (_screen.Shown.VertexCount == 0 || into.Length < 3 * _screen.Shown.VertexCount)
            {
                return false;
            }
            _screen.Shown.Shape.Compute(into, _poser.Memory);
            return true;
        }

        /// <summary>What these vertices are made of, for who makes them of it; false where it is more than a Recipe
        /// says: in fades, in other codecs, of a neutral head.</summary>
        public bool TryRecipe(out Recipe recipe)
        {
            return _screen.Shown.Shape.TryRecipe(_poser.Memory, out recipe);
        }

        /// <summary>The picture presented last is on the screen now: measure how well it fits the sound.</summary>
        public void Displayed(long nowNs)
        {
            double errorS;
            if (Error(nowNs, out errorS))
            {
                Stats.Displayed(errorS);
            }
            Stats.Rested += _playout.IsHeard(nowNs) && _screen.Lit && _screen.Shown.AtRest ? 1 : 0;
        }

        /// <summary>Appends what became of lines since it was asked last: of each its start and its end, when heard.
        /// </summary>
        public void Happened(long nowNs, List<Happening> into)
        {
            Step(nowNs);
            _happenings.Take(into);
        }

        /// <summary>Time has passed, or something has come.</summary>
        private void Step(long nowNs)
        {
            if (!_framed)
            {
                _framed = true;
                _framedNs = nowNs;
            }
            _programme.FramesCame(Ns.Seconds(nowNs - _framedNs));
            _playout.Step(nowNs);
            for (Track next = Next(nowNs); next != null; next = Next(nowNs))
            {
                Begin(next, nowNs);
            }
            Track current = _programme.Current;
            if (current == null || current.Idle)
            {
                return;
            }
            current.Forget(_playout.Seen(nowNs));
            double heardS = _playout.HeardS(current, nowNs);
            if (_playout.Heard(nowNs) > current.Begins)
            {
                _happenings.Started(current, heardS, nowNs);
            }
            if (_playout.IsOver(current, nowNs))
            {
                _happenings.Over(current, HappeningKind.Ended, heardS, nowNs);
            }
        }

        /// <summary>What may begin, or null: a line once the one before is heard to its end, idling once it is seen
        /// to it.</summary>
        private Track Next(long nowNs)
        {
            Track current = _programme.Current;
            bool yields = current == null || current.Idle;
            if (!yields && !_playout.IsOver(current, nowNs))
            {
                return null;
            }
            Track line = _programme.NextLine(_playout.WantedS);
            bool seen = yields || Moment(current, nowNs) >= current.End;
            return line ?? (seen ? _programme.NextIdle() : null);
        }

        private void Begin(Track track, long nowNs)
        {
            bool yielded = _programme.Current == null || _programme.Current.Idle;
            _programme.Before(track, _leaving);
            Leave(nowNs);
            _programme.Begin(track);
            if (yielded)
            {
                _screen.Next(nowNs);
            }
            if (track.Idle)
            {
                _playout.Stop();
            }
            else
            {
                _playout.Begin(track, nowNs);
            }
        }

        /// <summary>All that was is void.</summary>
        private void Cut(long nowNs, long generation)
        {
            _leaving.Clear();
            _leaving.AddRange(_programme.Tracks);
            Leave(nowNs);
            _programme.Clear(generation);
            _playout.Stop();
            _screen.Cut(nowNs);
        }

        /// <summary>Those in _leaving are over.</summary>
        private void Leave(long nowNs)
        {
            for (int i = 0; i < _leaving.Count; i++)
            {
                Track track = _leaving[i];
                if (!track.Idle)
                {
                    bool over = _playout.IsOver(track, nowNs);
                    HappeningKind kind = over ? HappeningKind.Ended : HappeningKind.Interrupted;
                    _happenings.Over(track, kind, _playout.HeardS(track, nowNs), nowNs);
                }
            }
            for (int i = 0; i < _leaving.Count; i++)
            {
                _programme.Forget(_leaving[i]);
            }
            _leaving.Clear();
        }

        /// <summary>What was shown is kept, while nothing of what is on has come.</summary>
        private void Hold(Track track)
        {
            _belongs.Set(_screen.Shown);
            _belongs.Utterance = track != null ? track.Id : 0;
            _belongs.Idle = track == null || track.Idle;
            _belongs.Generation = _programme.Generation;
            _belongs.TimeS = _belongs.HeardS = 0;
        }

        /// <summary>Whether frames or sound of what is on have not come.</summary>
        private bool IsMissing(Track track, long moment)
        {
            long newest = track.Frames.Last.Pts;
            return track.Idle ? moment >= newest : moment > newest || !_playout.Flowing;
        }

        /// <summary>What is to be seen now of the track that is on.</summary>
        private long Moment(Track track, long nowNs)
        {
            return track.Idle ? track.IdleMoment(nowNs) : _playout.Seen(nowNs);
        }

        /// <summary>By how much what is shown is ahead of what is heard; false where there is no such error.</summary>
        private bool Error(long nowNs, out double errorS)
        {
            Track track = _programme.Current;
            Picture shown = _screen.Shown;
            errorS = 0;
            bool shows = track != null && _screen.Lit && !shown.AtRest && shown.Utterance == track.Id;
            if (!shows || !_playout.IsHeard(nowNs))
            {
                return false;
            }
            errorS = shown.TimeS - track.Seconds(Moment(track, nowNs));
            return true;
        }
    }
}
