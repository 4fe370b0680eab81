using System;

namespace Talkwire.Core
{
    /// <summary>Bytes that wait to be sent: a bounded queue in one piece of memory, which grows as it must.</summary>
    public sealed class ByteQueue
    {
        private const int FirstBytes = 4096;

        private readonly int _most;
        private byte[] _bytes = new byte[FirstBytes];
        private int _from, _to;

        /// <param name="most">Bytes that may wait.</param>
        public ByteQueue(int most)
        {
            _most = most;
        }

        /// <summary>Bytes that wait.</summary>
        public int Count
        {
            get { return _to - _from; }
        }

        /// <summary>All that waits, oldest first; valid until the next call.</summary>
        public Bytes Waiting
        {
            get { return new Bytes(_bytes, _from, _to - _from); }
        }

        /// <summary>Make room for so many more; false when there is none.</summary>
        public bool Reserve(int count)
        {
            if (count > _most - Count)
            {
                return false;
            }
            if (_bytes.Length - _to >= count)
            {
                return true;
            }
            bool half = _from >= _bytes.Length / 2;  // else moving what waits would cost more than it gains
            byte[] bytes = half && Count + count <= _bytes.Length ? _bytes
                : new byte[Math.Max(Count + count, 2 * _bytes.Length)];
            Buffer.BlockCopy(_bytes, _from, bytes, 0, Count);
            _to -= _from;
            _from = 0;
            _bytes = bytes;
            return true;
        }

        /// <summary>Append; all or, where there is no room, nothing.</summary>
        public bool Append(byte[] data, int offset, int count)
        {
            if (!Reserve(count))
            {
                return false;
            }
            Buffer.BlockCopy(data, offset, _bytes, _to, count);
            _to += count;
            return true;
        }

        /// <summary>Append one byte, for which there is room.</summary>
        public void Append(byte value)
        {
            _bytes[_to++] = value;
        }

        /// <summary>So many were sent.</summary>
        public void Took(int count)
        {
            _from += count;
            if (_from == _to)
            {
                _from = _to = 0;
            }
        }

        public void Clear()
        {
            _from = _to = 0;
        }
    }
}
