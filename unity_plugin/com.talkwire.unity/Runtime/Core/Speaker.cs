using System;
using System.Collections.Generic;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>What a speaker has done by others.</summary>
    internal interface ISpeakerOutput
    {
        /// <summary>Whether another message may go now.</summary>
        bool HasRoom { get; }

        uint NextRef();

        /// <summary>Numbers rise over all lines of a client.</summary>
        uint NextLine();

        void Send(Message message);

        /// <summary>The state of a line has, or the utterance that it is spoken as; 0: not known yet.</summary>
        void Changed(Line line, uint utterance);
    }

    /// <summary>Says the lines of one NPC, one after the other, as far as the NPC has room, and begins anew where it was
    /// cut. Samples are counted from the beginning of what is said, whatever lines of the protocol it becomes. The
    /// network's thread calls.</summary>
    internal sealed class Speaker
    {
        public const double ChunkS = 0.1;
        public const double CreditShare = 0.9;  // of what the NPC may have waiting: what Progress says is a little old
        public const int MostBegun = 30;  // lines at the server, which takes 32
        public const int MostCut = 64;  // lines that were cut, of which the server has more to say
        private const double RoundingS = 1e-9;
        private const int Remembered = 1024;  // numbers of messages, the latest of all

        private readonly string _session;
        private readonly ISpeakerOutput _output;
        private readonly List<Said> _lines = new List<Said>();
        private readonly List<Said> _cut = new List<Said>();
        private readonly ChunkS16 _chunk = new ChunkS16();
        private readonly uint[] _refs = new uint[Remembered];  // of lines' messages, each at its number's place,
        private readonly uint[] _whose = new uint[Remembered];  // and the line's number: a line would be kept by it
        private byte[] _bytes = new byte[8192];
        private bool _open;
        private double _mostS;

        /// <summary>A line as the server knows it.</summary>
        private sealed class Said
        {
            public Line Line;
            public uint Number;  // of the line that it is at the server; 0: none
            public uint Utterance;  // that was told
            public long BegunAt, Sent, Received, Played;  // samples
            public int StylesSent;
            public bool EndSent, Told;
        }

        public Speaker(string session, ISpeakerOutput output)
        {
            _session = session;
            _output = output;
        }

        /// <summary>One more, after those before.</summary>
        public void Say(Line line)
        {
            _lines.Add(new Said { Line = line });
            Step();
        }

        /// <summary>All of them are over, and whoever drops them knows.</summary>
        public void Drop()
        {
            foreach (Said said in _lines)
            {
                said.Line.Become(LineState.Interrupted);
            }
            _lines.Clear();
        }

        /// <summary>All of them are cut. The server will say yet as which utterances they were spoken, if at all; that is
        /// still told.</summary>
        public void Interrupt()
        {
            foreach (Said said in _lines)
            {
                said.Line.Become(LineState.Interrupted);
                _output.Changed(said.Line, said.Utterance);
                if (said.Number != 0)
                {
                    _cut.Add(said);
                }
            }
            _lines.Clear();
            _cut.RemoveRange(0, Math.Max(0, _cut.Count - MostCut));
        }

        /// <summary>Nobody is there to hear them.</summary>
        public void Stand()
        {
            _open = false;
        }

        /// <summary>A server has greeted: each is a new line, from where it had it, or where another one had played it.
        /// </summary>
        public void Resume(bool restarted)
        {
            foreach (Said said in _lines)
            {
                said.BegunAt = said.Sent = said.Received = said.Played = restarted ? said.Played : said.Received;
                said.Number = 0;
                said.Utterance = 0;
                said.StylesSent = 0;
                said.EndSent = false;
                said.Line.Played(said.Played);
            }
            _cut.Clear();
            Array.Clear(_whose, 0, Remembered);
        }

        /// <summary>The NPC may be spoken to, and have so much waiting.</summary>
        public void Open(double maxQueuedS)
        {
            _open = true;
            _mostS = maxQueuedS * CreditShare + RoundingS;
            Step();
        }

        /// <summary>News of a line; those of old numbers are none.</summary>
        public void Take(Progress news)
        {
            Said said = OfNumber(news.Line);
            if (said == null)
            {
                TakeCut(news);
                return;
            }
            Take(said, news);
            Step();
        }

        /// <summary>The message with this number was refused: if it was a line's, that is over.</summary>
        public void Refused(uint reference, Problem problem)
        {
            Said said = _refs[reference % Remembered] == reference ? OfNumber(_whose[reference % Remembered]) : null;
            if (said != null && _lines.Remove(said))
            {
                said.Line.Become(LineState.Refused, problem);
                _output.Changed(said.Line, said.Utterance);
                Step();
            }
        }

        /// <summary>Send what may be sent.</summary>
        public void Step()
        {
            double waitingS = 0;
            for (int i = 0; _open && i < _lines.Count && i < MostBegun; i++)
            {
                Said said = _lines[i];
                if (!Begin(said))
                {
                    return;
                }
                SendStyles(said);
                waitingS += (said.Sent - said.Played) / (double)said.Line.SampleRateHz;
                if (!Push(said, ref waitingS))
                {
                    return;  // the next line begins when this one is wholly said
                }
            }
        }

        private void Take(Said said, Progress news)
        {
            long count = said.Sent - said.BegunAt;
            said.Received = said.BegunAt + Math.Min(news.ReceivedSamples, count);
            said.Played = said.BegunAt + Math.Min(news.PlayedSamples, count);
            said.Line.Played(said.Played);
            LineState state = StateOf(said, news.State);
            if (state == LineState.Done || state == LineState.Interrupted)
            {
                _lines.Remove(said);
            }
            if (state != said.Line.State || news.Utterance != said.Utterance || !said.Told)
            {
                said.Told = true;
                said.Utterance = news.Utterance;
                said.Line.Become(state);
                _output.Changed(said.Line, said.Utterance);
            }
        }

        /// <summary>As which utterance a line was spoken that was cut.</summary>
        private void TakeCut(Progress news)
        {
            for (int i = 0; i < _cut.Count; i++)
            {
                Said said = _cut[i];
                if (said.Number != news.Line)
                {
                    continue;
                }
                if (said.Utterance != news.Utterance)
                {
                    said.Utterance = news.Utterance;
                    _output.Changed(said.Line, said.Utterance);
                }
                if (news.State == "done" || news.State == "interrupted")
                {
                    _cut.RemoveAt(i);
                }
                return;
            }
        }

        /// <summary>A server that had forgotten us calls done what it ended itself.</summary>
        private static LineState StateOf(Said said, string word)
        {
            switch (word)
            {
                case "queued": return LineState.Queued;
                case "interrupted": return LineState.Interrupted;
                case "done": return said.EndSent && said.Received == said.Sent ? LineState.Done : LineState.Speaking;
                default: return LineState.Speaking;
            }
        }

        private bool Begin(Said said)
        {
            if (said.Number == 0 && _output.HasRoom)
            {
                said.Number = _output.NextLine();
                _output.Send(new Begin
                {
                    Ref = Numbered(said), Session = _session, Line = said.Number, SampleRateHz = said.Line.SampleRateHz,
                });
            }
            return said.Number != 0;
        }

        private void SendStyles(Said said)
        {
            Style style;
            long sample;
            while (_output.HasRoom && said.Line.StyleOf(said.StylesSent, out style, out sample))
            {
                style.Ref = _output.NextRef();
                style.Session = _session;
                style.Line = said.Number;
                style.Pts = Math.Max(0, sample - said.BegunAt);
                said.StylesSent++;
                _output.Send(style);
            }
        }

        /// <summary>Whether it is wholly said.</summary>
        private bool Push(Said said, ref double waitingS)
        {
            long pushed;
            bool ended;
            said.Line.Look(out pushed, out ended);
            int rateHz = said.Line.SampleRateHz, most = (int)Math.Round(ChunkS * rateHz);
            while (said.Sent < pushed)
            {
                int count = (int)Math.Min(most, pushed - said.Sent);
                waitingS += count / (double)rateHz;
                if (waitingS > _mostS || !_output.HasRoom)
                {
                    return false;
                }
                SendChunk(said, count);
            }
            if (ended && !said.EndSent && _output.HasRoom)
            {
                said.EndSent = true;
                _output.Send(new End { Ref = Numbered(said), Session = _session, Line = said.Number });
            }
            return said.EndSent;
        }

        private void SendChunk(Said said, int count)
        {
            if (_bytes.Length < 2 * count)
            {
                _bytes = new byte[2 * count];
            }
            said.Line.Copy(said.Sent, count, _bytes);
            said.Sent += count;
            _chunk.Ref = Numbered(said);
            _chunk.Session = _session;
            _chunk.Line = said.Number;
            _chunk.Samples = new Bytes(_bytes, 0, 2 * count);
            _output.Send(_chunk);
        }

        private uint Numbered(Said said)
        {
            uint reference = _output.NextRef();
            _refs[reference % Remembered] = reference;
            _whose[reference % Remembered] = said.Number;
            return reference;
        }

        /// <summary>Null: no line that is not over.</summary>
        private Said OfNumber(uint number)
        {
            for (int i = 0; i < _lines.Count; i++)
            {
                if (_lines[i].Number == number && number != 0)
                {
                    return _lines[i];
                }
            }
            return null;
        }
    }
}
