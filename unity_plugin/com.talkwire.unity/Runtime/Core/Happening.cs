using System.Collections.Generic;

namespace Talkwire.Core
{
    public enum HappeningKind
    {
        /// <summary>The line's first sample is heard.</summary>
        Started,

        /// <summary>Its last is.</summary>
        Ended,

        /// <summary>It was cut. One that never began has its Started at the same moment, with nothing heard.</summary>
        Interrupted,
    }

    /// <summary>Something was heard: what a game's dialogue waits for. Of every line there is one Started, and
    /// then one Ended or Interrupted.</summary>
    public readonly struct Happening
    {
        public readonly HappeningKind Kind;
        public readonly long Utterance, Generation;

        /// <summary>Seconds of the line that were heard so far.</summary>
        public readonly double HeardS;
        public readonly long NowNs;

        public Happening(HappeningKind kind, long utterance, long generation, double heardS, long nowNs)
        {
            Kind = kind;
            Utterance = utterance;
            Generation = generation;
            HeardS = heardS;
            NowNs = nowNs;
        }
    }

    /// <summary>What became of each line, told once, whatever is said twice.</summary>
    internal sealed class Happenings
    {
        private const int MostUntold = 1024;  // for who never asks: the oldest are forgotten

        private readonly Queue<Happening> _untold = new Queue<Happening>();

        public void Started(Track track, double heardS, long nowNs)
        {
            if (track.Told == Told.Nothing)
            {
                track.Told = Told.Started;
                Add(HappeningKind.Started, track, heardS, nowNs);
            }
        }

        /// <summary>The line is not heard any more.</summary>
        public void Over(Track track, HappeningKind kind, double heardS, long nowNs)
        {
            Started(track, heardS, nowNs);
            if (track.Told == Told.Started)
            {
                track.Told = Told.Over;
                Add(kind, track, heardS, nowNs);
            }
        }

        /// <summary>Those since the last time, in order, are appended.</summary>
        public void Take(List<Happening> into)
        {
            while (_untold.Count > 0)
            {
                into.Add(_untold.Dequeue());
            }
        }

        private void Add(HappeningKind kind, Track track, double heardS, long nowNs)
        {
            if (_untold.Count == MostUntold)
            {
                _untold.Dequeue();
            }
            _untold.Enqueue(new Happening(kind, track.Id, track.Generation, heardS, nowNs));
        }
    }
}
