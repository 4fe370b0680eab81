using System;

namespace Talkwire.Core
{
    /// <summary>A view of bytes that somebody else owns, most often the buffer that a message was received into:
    /// it is valid as long as that is. Values are little-endian, as is every machine that Unity runs on.</summary>
    public readonly struct Bytes
    {
        public readonly byte[] Array;
        public readonly int Offset, Count;

        public Bytes(byte[] array) : this(array, 0, array.Length)
        {
        }

        public Bytes(byte[] array, int offset, int count)
        {
            Array = array;
            Offset = offset;
            Count = count;
        }

        public byte this[int index] => Array[Offset + index];

        public Bytes Slice(int from, int count)
        {
            return new Bytes(Array, Offset + from, count);
        }

        public Bytes From(int from)
        {
            return new Bytes(Array, Offset + from, Count - from);
        }

        /// <summary>The value at an index counted in values, not in bytes.</summary>
        public short I16(int index)
        {
            int at = Offset + 2 * index;
            return (short)(Array[at] | Array[at + 1] << 8);
        }

        public ushort U16(int index)
        {
            return (ushort)I16(index);
        }

        public int I32(int index)
        {
            int at = Offset + 4 * index;
            return Array[at] | Array[at + 1] << 8 | Array[at + 2] << 16 | Array[at + 3] << 24;
        }

        public uint U32(int index)
        {
            return (uint)I32(index);
        }

        public float F32(int index)
        {
            return FloatBits.ToFloat(I32(index));
        }

        /// <summary>Copies the first `bytes` of this view to the beginning of an array of any plain type.</summary>
        public void CopyTo(Array into, int bytes)
        {
            if (bytes > 0)
            {
                Buffer.BlockCopy(Array, Offset, into, 0, bytes);
            }
        }

        public byte[] ToArray()
        {
            var copy = new byte[Count];
            CopyTo(copy, Count);
            return copy;
        }
    }
}
