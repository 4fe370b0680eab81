using System;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>What the application was told of a line.</summary>
    internal enum Told
    {
        Nothing,
        Started,
        Over,
    }

    /// <summary>One utterance on its way through the player: what has arrived of it, and how far that reaches. Places
    /// in it are samples at its own rate.</summary>
    internal sealed class Track
    {
        public const double MaxApartS = 2.0;  // of what one socket has brought: so long it waits for the other
        private const int MaxFrames = 1200;  // of one utterance, where nobody asks for pictures
        private const double MaxSoundS = 60.0;  // that waits; the server sends a fraction of a second ahead
        private const double UnseenS = 0.15;  // for who reads no frames: somewhat more sound than a frame needs
        private const long LeadMeasuredNs = Ns.PerS;  // from its first frame on; later it would be drift
        private const double IdleBehindS = 0.25;  // an idle clock that lags the newest frame by more than this jumps

        public readonly Deque<KeptFrame> Frames = new Deque<KeptFrame>();  // by pts
        public readonly SoundQueue Sound = new SoundQueue();  // that the sink has not been given
        private readonly Deque<KeptPatch> _patches = new Deque<KeptPatch>();  // by pts

        public long Id { get; private set; }
        public long Generation { get; private set; }
        public int RateHz;
        public long FirstPts;  // of the sound: not 0 for who joins in mid-line; below 0 while there is none
        public long SampleCount;  // of the sound, from there on
        public bool Idle, Bare, Unseen;  // Bare: its frames have no vertices.  Unseen: nobody reads frames just now
        public bool SoundComplete, FramesComplete;
        public double LeadS;  // how long before its moment a frame is sent: of recorded lines, not of live ones
        public Told Told;
        private bool _sent, _anchored;
        private long _firstFramePts;
        private long _sentPts, _sentNs;  // of its first frame
        private long _anchorPts, _anchorNs;  // of the idle clock

        /// <summary>Makes it another utterance, of which nothing is known.</summary>
        public void Begin(long id, long generation)
        {
            Id = id;
            Generation = generation;
            RateHz = 1;
            FirstPts = -1;
            SampleCount = 0;
            Idle = Bare = Unseen = SoundComplete = FramesComplete = _sent = _anchored = false;
            LeadS = 0;
            Told = Told.Nothing;
        }

        /// <summary>Gives back what it holds.</summary>
        public void Clear()
        {
            Sound.Clear();
            DropFrames(Frames.Count);
            DropPatches(_patches.Count);
        }

        /// <summary>Where its sound begins here.</summary>
        public long Begins
        {
            get { return Math.Max(0, FirstPts); }
        }

        /// <summary>How far its sound has come.</summary>
        public long End
        {
            get { return Begins + SampleCount; }
        }

        public double Seconds(double samples)
        {
            return samples / RateHz;
        }

        /// <summary>How much of its frames has come.</summary>
        public double SpanS
        {
            get { return Frames.Count > 0 ? Seconds(Frames.Last.Pts - _firstFramePts) : 0; }
        }

        /// <summary>How far both sound and frames have come. Neither leads without the other, within MaxApartS. Where
        /// no frames come at all, sound goes alone, as late as it would beside them: they may come again.</summary>
        public double Reach
        {
            get
            {
                double sound = SoundComplete ? double.PositiveInfinity
                    : SampleCount > 0 ? End : double.NegativeInfinity;
                double newest = Frames.Count > 0 ? Frames.Last.Pts : double.NegativeInfinity;
                bool complete = FramesComplete || (Unseen && SoundComplete);
                double frames = complete ? double.PositiveInfinity
                    : Math.Max(newest, End - (Unseen ? UnseenS : MaxApartS) * RateHz);
                return Math.Min(sound, frames);
            }
        }

        /// <summary>Whether it may begin, or go on, from there.</summary>
        public bool Ready(long heard, double targetS)
        {
            return Idle ? Frames.Count > 0 : Reach >= heard + targetS * RateHz;
        }

        /// <summary>Whether a frame is a new one, and not overtaken.</summary>
        public bool IsNew(long pts)
        {
            return Frames.Count == 0 || pts > Frames.Last.Pts;
        }

        /// <summary>A new one, of which `frame` is what is kept.</summary>
        public void AddFrame(KeptFrame frame, Stamp stamp)
        {
            RateHz = stamp.SampleRateHz;
            if (Frames.Count == 0)
            {
                Idle = stamp.Has(Flag.Idle) && SampleCount == 0;
                _firstFramePts = stamp.Pts;
            }
            FramesComplete = FramesComplete || stamp.Has(Flag.Last);
            frame.Hold();
            Frames.Add(frame);
            DropFrames(Frames.Count - MaxFrames);
            if (Idle)
            {
                Forget(stamp.Pts - IdleBehind);
            }
            if (!stamp.Has(Flag.Repeat))
            {
                MeasureLead(stamp);
            }
        }

        /// <summary>Whether it is a new one.</summary>
        public bool IsNewPatch(long pts)
        {
            return _patches.Count == 0 || pts > _patches.Last.Pts;
        }

        public void AddPatch(KeptPatch patch)
        {
            patch.Hold();
            _patches.Add(patch);
            DropPatches(_patches.Count - MaxFrames);
        }

        /// <summary>What follows; silence where `samples` has no array. What is too much is lost.</summary>
        public void AddSound(Bytes samples, int count)
        {
            if (Sound.Count < MaxSoundS * RateHz)
            {
                SampleCount += count;
                Sound.Add(samples, count);
            }
        }

        /// <summary>Go on from there, as if joined only now.</summary>
        public void Rejoin(long pts)
        {
            FirstPts = pts;
            SampleCount = 0;
            Sound.Clear();
        }

        /// <summary>An idle utterance runs on the receiver's clock, between its newest frame and a little
        /// before.</summary>
        public long IdleMoment(long nowNs)
        {
            long newest = Frames.Last.Pts;
            long moment = _anchored ? _anchorPts + Ns.Samples(nowNs - _anchorNs, RateHz) : Frames[0].Pts;
            long within = Math.Min(Math.Max(moment, newest - IdleBehind), newest);
            if (within != moment || !_anchored)
            {
                _anchored = true;
                _anchorPts = within;
                _anchorNs = nowNs;
            }
            return within;
        }

        /// <summary>What lies before a moment is not wanted any more: whoever does not ask for pictures holds no more
        /// memory than who does.</summary>
        public void Forget(long moment)
        {
            int frames = 0, patches = 0;
            while (frames < Frames.Count && Frames[frames].Pts <= moment)
            {
                frames++;
            }
            while (patches < _patches.Count && _patches[patches].Pts <= moment)
            {
                patches++;
            }
            DropFrames(frames - 1);
            DropPatches(patches - 1);
        }

        /// <summary>The frames on both sides of a moment, before which all are forgotten; its share of the way
        /// between them.</summary>
        public double Around(long moment, out KeptFrame before, out KeptFrame after)
        {
            before = Frames[0];
            after = Frames[Math.Min(1, Frames.Count - 1)];
            double way = after.Pts - before.Pts;
            return way > 0 ? Math.Min(1.0, Math.Max(0.0, (moment - before.Pts) / way)) : 0.0;
        }

        /// <summary>The newest patch of a moment, before which all are forgotten; null where there is none.</summary>
        public KeptPatch Patch(long moment)
        {
            return _patches.Count > 0 && _patches[0].Pts <= moment ? _patches[0] : null;
        }

        private long IdleBehind
        {
            get { return (long)Math.Round(IdleBehindS * RateHz); }
        }

        private void MeasureLead(Stamp stamp)
        {
            if (!_sent)
            {
                _sent = true;
                _sentPts = stamp.Pts;
                _sentNs = stamp.ServerNs;
            }
            long sinceNs = stamp.ServerNs - _sentNs;
            if (sinceNs <= LeadMeasuredNs)
            {
                LeadS = Math.Max(LeadS, Seconds(stamp.Pts - _sentPts) - Ns.Seconds(sinceNs));
            }
        }

        private void DropFrames(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Frames.TakeFirst().Release();
            }
        }

        private void DropPatches(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _patches.TakeFirst().Release();
            }
        }
    }
}
