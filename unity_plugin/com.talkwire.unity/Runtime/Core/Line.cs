using System;
using System.Collections.Generic;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    public enum LineState
    {
        /// <summary>Not spoken yet.</summary>
        Queued,

        Speaking,

        /// <summary>Played to its end.</summary>
        Done,

        /// <summary>Cut: by somebody, or because its NPC was left.</summary>
        Interrupted,

        /// <summary>By the server; Line.Problem says why.</summary>
        Refused,
    }

    /// <summary>One stretch of speech. The game pushes sound as it has it, at any pace; the network's thread sends it as
    /// the server has room, and keeps what was not played yet, to say it again after a restart. Nothing waits, and
    /// pushing allocates nothing but, at first, room.</summary>
    /// <remarks>Any thread.</remarks>
    public sealed class Line
    {
        public const double MostKeptS = 60;  // of sound that was pushed and not played
        public const int MostStyles = 64;  // that wait for their sample
        private const double FirstKeptS = 2;

        private readonly object _lock = new object();
        private readonly int _most;
        private readonly List<Style> _styles = new List<Style>();
        private readonly List<long> _styledFrom = new List<long>();
        private short[] _ring;
        private long _kept, _pushed;  // samples of the line, by number: from the first that is kept, to the end
        private bool _ended;
        private volatile int _state;
        private long _played;
        private volatile Problem _problem;

        internal Line(int sampleRateHz)
        {
            SampleRateHz = sampleRateHz;
            _most = (int)(MostKeptS * SampleRateHz);
            _ring = new short[(int)(FirstKeptS * SampleRateHz)];
        }

        public int SampleRateHz { get; private set; }

        public LineState State
        {
            get { return (LineState)_state; }
        }

        /// <summary>Why it was refused; null if it was not.</summary>
        public Problem Problem
        {
            get { return _problem; }
        }

        /// <summary>Whether nothing will become of it any more.</summary>
        public bool Over
        {
            get { return State > LineState.Speaking; }
        }

        /// <summary>How much was played, as far as the server has told.</summary>
        public double PlayedS
        {
            get
            {
                lock (_lock)
                {
                    return _played / (double)SampleRateHz;
                }
            }
        }

        internal long PlayedSamples
        {
            get
            {
                lock (_lock)
                {
                    return _played;
                }
            }
        }

        /// <summary>How much was pushed.</summary>
        public double PushedS
        {
            get
            {
                lock (_lock)
                {
                    return _pushed / (double)SampleRateHz;
                }
            }
        }

        /// <summary>Samples that were NaN or infinite, and are silence.</summary>
        public long Broken { get; private set; }

        /// <summary>More sound: mono, 16 bits. Returns how many samples were taken: fewer where a minute waits, none where
        /// the line is over or was ended. Push the rest later.</summary>
        public int Push(short[] samples, int offset, int count)
        {
            lock (_lock)
            {
                count = Reserve(count);
                for (int done = 0; done < count;)
                {
                    int at = (int)((_pushed + done) % _ring.Length), run = Math.Min(count - done, _ring.Length - at);
                    Array.Copy(samples, offset + done, _ring, at, run);
                    done += run;
                }
                _pushed += count;
                return count;
            }
        }

        /// <summary>The same of floats in [-1, 1].</summary>
        public int Push(float[] samples, int offset, int count)
        {
            lock (_lock)
            {
                count = Reserve(count);
                int at = (int)(_pushed % _ring.Length);
                for (int i = 0; i < count; i++)
                {
                    float value = samples[offset + i];
                    if (!(Math.Abs(value) <= float.MaxValue))
                    {
                        Broken++;
                        value = 0;
                    }
                    _ring[at] = (short)Math.Round(Math.Max(short.MinValue, Math.Min(short.MaxValue, value * 32768f)));
                    at = at + 1 == _ring.Length ? 0 : at + 1;
                }
                _pushed += count;
                return count;
            }
        }

        /// <summary>It is complete. Again is harmless.</summary>
        public void End()
        {
            lock (_lock)
            {
                _ended = true;
            }
        }

        /// <summary>How its NPC speaks and feels from this sample of the line on. The message belongs to the network's
        /// thread from now on. False for more than 64.</summary>
        public bool Wear(Style style, long sample)
        {
            lock (_lock)
            {
                if (_styles.Count >= MostStyles)
                {
                    return false;
                }
                _styles.Add(style);
                _styledFrom.Add(sample);
                return true;
            }
        }

        /// <summary>The style with this index, if there is one.</summary>
        internal bool StyleOf(int index, out Style style, out long sample)
        {
            lock (_lock)
            {
                bool there = index < _styles.Count;
                style = there ? _styles[index] : null;
                sample = there ? _styledFrom[index] : 0;
                return there;
            }
        }

        internal void Look(out long pushed, out bool ended)
        {
            lock (_lock)
            {
                pushed = _pushed;
                ended = _ended;
            }
        }

        /// <summary>Samples from this one on, which are kept, as little-endian bytes.</summary>
        internal void Copy(long from, int count, byte[] into)
        {
            lock (_lock)
            {
                for (int i = 0; i < count; i++)
                {
                    short value = _ring[(int)((from + i) % _ring.Length)];
                    into[2 * i] = (byte)value;
                    into[2 * i + 1] = (byte)(value >> 8);
                }
            }
        }

        /// <summary>So many samples were played, and need not be said again.</summary>
        internal void Played(long samples)
        {
            lock (_lock)
            {
                _played = Math.Max(_played, Math.Min(samples, _pushed));
                _kept = Math.Max(_kept, _played);
            }
        }

        internal void Become(LineState state, Problem problem = null)
        {
            if (Over)
            {
                return;
            }
            _problem = problem;
            _state = (int)state;
            if (Over)
            {
                lock (_lock)
                {
                    _ended = true;
                    _ring = new short[1];  // it may be held for long
                    _kept = _pushed;
                }
            }
        }

        private int Reserve(int count)
        {
            if (_ended || count <= 0)
            {
                return 0;
            }
            int held = (int)(_pushed - _kept);
            count = Math.Min(count, _most - held);
            if (held + count > _ring.Length)
            {
                Grow(Math.Min(_most, Math.Max(held + count, 2 * _ring.Length)));
            }
            return count;
        }

        private void Grow(int length)
        {
            var grown = new short[length];
            for (long at = _kept; at < _pushed;)
            {
                int from = (int)(at % _ring.Length), to = (int)(at % length);
                int run = (int)Math.Min(_pushed - at, Math.Min(_ring.Length - from, length - to));
                Array.Copy(_ring, from, grown, to, run);
                at += run;
            }
            _ring = grown;
        }
    }
}
