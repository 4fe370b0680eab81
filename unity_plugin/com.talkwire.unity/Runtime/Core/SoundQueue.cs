using System;

namespace Talkwire.Core
{
    /// <summary>Chunks of sound in their order.</summary>
    internal sealed class SoundQueue
    {
        private readonly Deque<int> _chunks = new Deque<int>();  // samples of each
        private short[] _samples = new short[4096];
        private int _from, _to;

        /// <summary>Samples that wait.</summary>
        public int Count
        {
            get { return _to - _from; }
        }

        /// <summary>A chunk: i16, or silence where there is no array.</summary>
        public void Add(Bytes samples, int count)
        {
            Reserve(count);
            if (samples.Array != null)
            {
                Buffer.BlockCopy(samples.Array, samples.Offset, _samples, 2 * _to, 2 * count);
            }
            else
            {
                Array.Clear(_samples, _to, count);
            }
            _to += count;
            _chunks.Add(count);
        }

        /// <summary>The oldest chunk goes to the sink. Returns its samples; 0 where there is none.</summary>
        public int Pour(ISink sink)
        {
            if (_chunks.Count == 0)
            {
                return 0;
            }
            int count = _chunks.TakeFirst();
            sink.Write(_samples, _from, count);
            _from += count;
            return count;
        }

        public void Clear()
        {
            _from = _to = 0;
            while (_chunks.Count > 0)
            {
                _chunks.TakeFirst();
            }
        }

        private void Reserve(int count)
        {
            if (_to + count <= _samples.Length)
            {
                return;
            }
            int kept = Count;
            short[] to = 2 * (kept + count) <= _samples.Length ? _samples : new short[2 * (kept + count)];
            Array.Copy(_samples, _from, to, 0, kept);
            _samples = to;
            _from = 0;
            _to = kept;
        }
    }
}
