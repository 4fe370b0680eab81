using System;
using System.Collections.Generic;
using Talkwire.Core;

namespace Talkwire
{
    /// <summary>What became of a line. Of each of ours there is one Started and then one Ended or Interrupted, or else
    /// one Lost.</summary>
    public enum LineNews
    {
        Started,
        Ended,
        Interrupted,

        /// <summary>It will never be heard: it was cut before it began, or refused, and its Problem says why.
        /// </summary>
        Lost,
    }

    /// <summary>What is said through an NPC here, from Say until it is heard: which of the player's happenings is of
    /// which line. A line is spoken as an utterance, or, where the server had to be greeted again in the middle of it,
    /// as several. The server says which; the player tells of utterances. What goes on after a greeting has neither
    /// ended nor begun with it.</summary>
    internal sealed class SaidLines
    {
        private const long LateNs = 250 * Ms;  // that a server's word may come later than the sound that it is about
        private const long LostNs = 500 * Ms;  // since a cut, after which nothing is heard of a line any more
        private const long UnheardNs = 10000 * Ms;  // since the server had played it: its sound has not come
        private const long Ms = 1000000;

        private readonly List<Said> _lines = new List<Said>();
        private readonly List<Part> _parts = new List<Part>();
        private readonly List<Happening> _heard = new List<Happening>();  // and not told yet
        private long _others;  // the utterance of somebody else that was told last
        private long _newest;  // generation

        private sealed class Said
        {
            public Line Line;
            public LineState State;
            public long OverNs;  // since when nothing more is said of it; 0: it goes on
            public long Utterance;  // the latest
            public bool GoesOn;  // as another one, which is not known yet
            public bool Started, Ended;
            public LineNews End;
        }

        /// <summary>An utterance that a line is spoken as, until it is heard to its end.</summary>
        private struct Part
        {
            public Said Of;
            public long Utterance, MostGeneration;
        }

        public void Add(Line line)
        {
            _lines.Add(new Said { Line = line });
        }

        /// <summary>A server has greeted: what is said goes on. restarted: by another one.</summary>
        public void Greeted(bool restarted)
        {
            foreach (Said said in _lines)
            {
                said.GoesOn = said.OverNs == 0;
            }
            if (restarted)
            {
                CountAnew();
            }
        }

        /// <summary>The utterances of the NPC are counted anew from now on, in a newer generation.</summary>
        public void CountAnew()
        {
            for (int i = 0; i < _parts.Count; i++)
            {
                Part part = _parts[i];
                part.MostGeneration = Math.Min(part.MostGeneration, _newest);
                _parts[i] = part;
            }
        }

        /// <summary>How a line is, as the server says. utterance: that it is spoken as; 0: not known yet.</summary>
        public void Hear(Line line, LineState state, long utterance, long nowNs)
        {
            Said said = _lines.Find(one => one.Line == line);
            if (said == null)
            {
                return;
            }
            if (utterance != 0 && (utterance != said.Utterance || said.GoesOn))
            {
                said.Utterance = utterance;
                said.GoesOn = said.Ended = false;
                _parts.Add(new Part { Of = said, Utterance = utterance, MostGeneration = long.MaxValue });
            }
            if (state > LineState.Speaking && said.OverNs == 0)
            {
                said.State = state;
                said.OverNs = nowNs;
            }
        }

        /// <summary>What the player has told of; and, after all of it, the generation that it has reached.</summary>
        public void Hear(List<Happening> happenings, long generation)
        {
            _heard.AddRange(happenings);
            _newest = generation;
        }

        /// <summary>The next that is to be told, and of which line: null is somebody else's. False where there is none
        /// yet.</summary>
        public bool Tell(long nowNs, out LineNews news, out Line line)
        {
            while (_heard.Count > 0)
            {
                Happening one = _heard[0];
                int at = Find(one);
                bool late = nowNs - one.NowNs >= LateNs;
                if (at < 0 && one.Utterance != _others && !late && MayBeOurs())
                {
                    break;
                }
                _heard.RemoveAt(0);
                line = at < 0 ? null : _parts[at].Of.Line;
                news = NewsOf(one.Kind);
                if (at < 0)
                {
                    _others = one.Utterance;
                    return true;
                }
                if (Hear(at, ref news, nowNs))
                {
                    return true;
                }
            }
            for (int i = 0; i < _lines.Count; i++)
            {
                Said said = _lines[i];
                if (Finish(said, nowNs, out news))
                {
                    line = said.Line;
                    return true;
                }
            }
            news = LineNews.Lost;
            line = null;
            return false;
        }

        /// <summary>Whether what was heard of this part is to be told.</summary>
        private bool Hear(int at, ref LineNews news, long nowNs)
        {
            Said said = _parts[at].Of;
            if (news == LineNews.Started)
            {
                bool goesOn = said.Started;
                said.Started = true;
                return !goesOn;
            }
            _parts.RemoveAt(at);
            said.Ended = true;
            said.End = news;
            return Finish(said, nowNs, out news);
        }

        /// <summary>Whether it is over, which is to be told then; it is none any more.</summary>
        private bool Finish(Said said, long nowNs, out LineNews news)
        {
            bool hasParts = Count(said) > 0;
            news = said.End;
            if (hasParts || !said.Ended || said.GoesOn)
            {
                bool cut = said.State == LineState.Interrupted;
                long patienceNs = cut && !said.Started ? LostNs : hasParts ? UnheardNs : 0;
                if (said.OverNs == 0 || nowNs - said.OverNs < patienceNs)
                {
                    return false;
                }
                news = !said.Started ? LineNews.Lost
                    : said.State == LineState.Done ? LineNews.Ended : LineNews.Interrupted;
            }
            for (int i = _parts.Count - 1; i >= 0; i--)
            {
                if (_parts[i].Of == said)
                {
                    _parts.RemoveAt(i);
                }
            }
            _lines.Remove(said);
            return true;
        }

        /// <summary>Whether there is a line of which nobody knows yet as what it is spoken.</summary>
        private bool MayBeOurs()
        {
            foreach (Said said in _lines)
            {
                bool waits = said.OverNs == 0 || said.State == LineState.Interrupted;
                if (said.GoesOn || (said.Utterance == 0 && waits))
                {
                    return true;
                }
            }
            return false;
        }

        private int Find(Happening one)
        {
            for (int i = 0; i < _parts.Count; i++)
            {
                if (_parts[i].Utterance == one.Utterance && one.Generation <= _parts[i].MostGeneration)
                {
                    return i;
                }
            }
            return -1;
        }

        private int Count(Said said)
        {
            int count = 0;
            for (int i = 0; i < _parts.Count; i++)
            {
                count += _parts[i].Of == said ? 1 : 0;
            }
            return count;
        }

        private static LineNews NewsOf(HappeningKind kind)
        {
            return kind == HappeningKind.Started ? LineNews.Started
                : kind == HappeningKind.Ended ? LineNews.Ended : LineNews.Interrupted;
        }
    }
}
