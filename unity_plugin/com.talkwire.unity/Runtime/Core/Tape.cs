using System;

namespace Talkwire.Core
{
    /// <summary>Sound that waits to be played: read at any speed without a seam, cut with a fade. Between samples it
    /// reads by a windowed sinc, where a straight line would dull every s; read quicker than it was written, the
    /// sinc is as much wider, so that nothing is folded down.</summary>
    public sealed class Tape
    {
        private const int Half = 8;  // samples on each side that a value between two of them is made of
        private const int Steps = 512;  // of the table between two samples: within 2e-6 of the sinc
        private const int MostQuick = 10;  // from there on something is folded
        private const int Behind = Half * MostQuick;  // samples that are kept behind the place where it is read
        private const double AsWritten = 1.01;  // speeds up to there follow a sender's clock, and fold nothing

        private static readonly float[] Sinc = MakeSinc();

        private float[] _samples = new float[4096];
        private int _from = Behind, _to = Behind;
        private double _between;  // that place, beyond the sample at _from: from 0 to 1

        /// <summary>Samples that were read.</summary>
        public long Position { get; private set; }

        /// <summary>Samples to be read.</summary>
        public int Left
        {
            get { return _to - _from; }
        }

        /// <summary>More: 16-bit samples.</summary>
        public void Write(short[] samples, int offset, int count)
        {
            Reserve(count);
            for (int i = 0; i < count; i++)
            {
                _samples[_to + i] = samples[offset + i];
            }
            _to += count;
        }

        /// <summary>Reads at most `count` values, each `step` samples after the one before, and returns how many there
        /// were: fewer where it ends.</summary>
        public int Read(float[] into, int count, double step)
        {
            int got = 0;
            if (step == 1.0 && _between == 0)
            {
                got = Math.Min(count, Left);
                Array.Copy(_samples, _from, into, 0, got);
            }
            else
            {
                int ends = Left;
                for (double at = _between; got < count && at < ends; at = _between + step * ++got)
                {
                    int whole = (int)at;
                    into[got] = step <= AsWritten ? Between(_from + whole, (float)(at - whole))
                        : Narrowed(_from + whole, at - whole, Math.Min(step, MostQuick));
                }
            }
            double end = _between + step * got;
            int passed = (int)Math.Min((long)end, Left);
            _between = passed == (long)end ? end - passed : 0;
            _from += passed;
            Position += passed;
            return got;
        }

        /// <summary>Reads the next of it, at most `count`, falling to nothing; the rest is forgotten.</summary>
        public int FadeOut(float[] into, int count, double step)
        {
            int got = Read(into, count, step);
            Ramp(into, 0, got, false);
            Clear();
            return got;
        }

        /// <summary>Forgets everything; Position is 0 again.</summary>
        public void Clear()
        {
            _from = _to = Behind;
            _between = 0;
            Position = 0;
            Array.Clear(_samples, 0, Behind);
        }

        /// <summary>Lets so many values rise from 0 to what they are, or fall to 0.</summary>
        internal static void Ramp(float[] values, int from, int count, bool rises)
        {
            for (int i = 0; i < count; i++)
            {
                float share = count > 1 ? i / (float)(count - 1) : 0;
                values[from + (rises ? i : count - 1 - i)] *= share;
            }
        }

        private void Reserve(int count)
        {
            if (_to + count <= _samples.Length)
            {
                return;
            }
            int kept = Left + Behind;
            bool fits = kept + count <= _samples.Length;
            float[] to = fits ? _samples : new float[Math.Max(kept + count, 2 * _samples.Length)];
            Array.Copy(_samples, _from - Behind, to, 0, kept);
            _samples = to;
            _from = Behind;
            _to = kept;
        }

        /// <summary>The value so far beyond a sample. All taps of a side are as far beyond a step of the
        /// table.</summary>
        private float Between(int at, float beyond)
        {
            float after = 1 - beyond, sum = 0;
            int left = (int)(beyond * Steps), right = (int)(after * Steps);
            float leftRest = beyond * Steps - left, rightRest = after * Steps - right;
            int ahead = Math.Min(Half, _to - 1 - at);
            for (int i = 0; i < Half; i++)
            {
                int step = i * Steps + left;
                sum += _samples[at - i] * (Sinc[step] + leftRest * (Sinc[step + 1] - Sinc[step]));
            }
            for (int i = 0; i < ahead; i++)
            {
                int step = i * Steps + right;
                sum += _samples[at + 1 + i] * (Sinc[step] + rightRest * (Sinc[step + 1] - Sinc[step]));
            }
            return sum;
        }

        private float Narrowed(int at, double beyond, double quick)
        {
            double reach = Half * quick, sum = 0;
            int first = (int)Math.Ceiling(beyond - reach);
            int last = (int)Math.Min(Math.Floor(beyond + reach), _to - 1 - at);
            for (int i = Math.Max(first, -Behind); i <= last; i++)
            {
                double place = Math.Abs(i - beyond) / quick * Steps;
                int step = (int)place;
                sum += _samples[at + i] * (Sinc[step] + (place - step) * (Sinc[step + 1] - Sinc[step]));
            }
            return (float)(sum / quick);
        }

        private static float[] MakeSinc()
        {
            var table = new float[Half * Steps + 2];
            for (int i = 0; i <= Half * Steps; i++)
            {
                double x = i / (double)Steps, window = Math.Cos(Math.PI * x / (2 * Half));
                table[i] = (float)((i == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x)) * window * window);
            }
            return table;
        }
    }
}
