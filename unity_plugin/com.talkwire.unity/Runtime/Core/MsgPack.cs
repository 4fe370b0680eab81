using System;
using System.Text;

namespace Talkwire.Core
{
    /// <summary>What stands at a place of a MessagePack message.</summary>
    public enum Token
    {
        End,
        Nil,
        Bool,
        Integer,
        Float,
        Text,
        Binary,
        Array,
        Refused,  // a map, an extension, or what MessagePack does not have: not of this protocol
    }

    /// <summary>Reads MessagePack from a view of bytes: never past its end, and no memory is taken. Every length is
    /// checked against what is there. A call that returns false leaves the reader broken: read no further.</summary>
    public sealed class MsgPackReader
    {
        private const int MaxItems = 2 * Limits.MaxArrayItems, MaxTextBytes = 4 * Limits.MaxTextChars;

        private byte[] _data = { };
        private int _at, _end;

        public void Start(Bytes data)
        {
            _data = data.Array ?? new byte[0];
            _at = data.Offset;
            _end = data.Offset + data.Count;
        }

        /// <summary>A place to come back to.</summary>
        public int Position
        {
            get { return _at; }
            set { _at = value; }
        }

        public int Left => _end - _at;

        public Token Peek()
        {
            if (_at >= _end)
            {
                return Token.End;
            }
            int first = _data[_at];
            if (first < 0x80 || first >= 0xe0 || first >= 0xcc && first <= 0xd3)
            {
                return Token.Integer;
            }
            if (first >= 0xa0 && first < 0xc0 || first >= 0xd9 && first <= 0xdb)
            {
                return Token.Text;
            }
            if (first >= 0x90 && first < 0xa0 || first == 0xdc || first == 0xdd)
            {
                return Token.Array;
            }
            return first >= 0xc4 && first <= 0xc6 ? Token.Binary
                : first == 0xca || first == 0xcb ? Token.Float
                : first == 0xc2 || first == 0xc3 ? Token.Bool
                : first == 0xc0 ? Token.Nil : Token.Refused;
        }

        /// <summary>huge: above long.MaxValue, which only an unsigned integer of 64 bits can be.</summary>
        public bool Integer(out long value, out bool huge)
        {
            value = 0;
            huge = false;
            if (Peek() != Token.Integer)
            {
                return false;
            }
            int first = _data[_at++];
            if (first < 0x80 || first >= 0xe0)
            {
                value = (sbyte)first;
                return true;
            }
            int size = 1 << (first & 3);
            ulong bits;
            if (!BigEndian(size, out bits))
            {
                return false;
            }
            bool signed = first >= 0xd0;
            int unused = 64 - 8 * size;
            value = signed ? (long)(bits << unused) >> unused : (long)bits;
            huge = !signed && value < 0;
            return true;
        }

        /// <summary>A float of either size.</summary>
        public bool Real(out double value)
        {
            value = 0;
            if (Peek() != Token.Float)
            {
                return false;
            }
            bool wide = _data[_at++] == 0xcb;
            ulong bits;
            if (!BigEndian(wide ? 8 : 4, out bits))
            {
                return false;
            }
            value = wide ? BitConverter.Int64BitsToDouble((long)bits) : FloatBits.ToFloat((int)bits);
            return true;
        }

        /// <summary>UTF-8, checked, and how many characters it is.</summary>
        public bool Text(out Bytes utf8, out int chars)
        {
            chars = -1;
            if (Peek() != Token.Text)
            {
                utf8 = default(Bytes);
                return false;
            }
            int first = _data[_at++], length = first & 0x1f;
            if (first >= 0xd9 && !Length(1 << (first - 0xd9), out length))
            {
                utf8 = default(Bytes);
                return false;
            }
            chars = length <= MaxTextBytes && Take(length, out utf8) ? Utf8.CharsIn(utf8) : -1;
            utf8 = chars < 0 ? default(Bytes) : new Bytes(_data, _at - length, length);
            return chars >= 0;
        }

        public bool Binary(out Bytes bytes)
        {
            bytes = default(Bytes);
            if (Peek() != Token.Binary)
            {
                return false;
            }
            int length;
            return Length(1 << (_data[_at++] - 0xc4), out length) && Take(length, out bytes);
        }

        public bool Array(out int count)
        {
            count = 0;
            if (Peek() != Token.Array)
            {
                return false;
            }
            int first = _data[_at++];
            count = first & 0x0f;
            if (first >= 0xdc && !Length(2 << (first - 0xdc), out count))
            {
                return false;
            }
            return count <= MaxItems && count <= Left;  // an item has at least one byte
        }

        /// <summary>Passes over so many values, whatever they are, as deep as they are: without recursion.</summary>
        public bool Skip(int values)
        {
            for (long left = values; left > 0; left--)
            {
                if (left > Left)
                {
                    return false;
                }
                int count = 0;
                if (!SkipOne(ref count))
                {
                    return false;
                }
                left += count;
            }
            return true;
        }

        private bool SkipOne(ref int count)
        {
            long integer;
            double real;
            bool huge;
            int chars;
            Bytes bytes;
            switch (Peek())
            {
                case Token.Nil:
                case Token.Bool:
                    _at++;
                    return true;
                case Token.Integer:
                    return Integer(out integer, out huge);
                case Token.Float:
                    return Real(out real);
                case Token.Text:
                    return Text(out bytes, out chars);
                case Token.Binary:
                    return Binary(out bytes);
                case Token.Array:
                    return Array(out count);
                default:
                    return false;
            }
        }

        private bool Length(int size, out int length)
        {
            ulong bits;
            bool there = BigEndian(size, out bits) && bits <= int.MaxValue;
            length = there ? (int)bits : 0;
            return there;
        }

        private bool Take(int length, out Bytes bytes)
        {
            bool there = length <= Left;
            bytes = there ? new Bytes(_data, _at, length) : default(Bytes);
            _at += there ? length : 0;
            return there;
        }

        private bool BigEndian(int size, out ulong bits)
        {
            bits = 0;
            if (size > Left)
            {
                return false;
            }
            for (int i = 0; i < size; i++)
            {
                bits = bits << 8 | _data[_at++];
            }
            return true;
        }
    }

    /// <summary>Writes MessagePack, each value in its shortest form, into memory that it keeps.</summary>
    public sealed class MsgPackWriter
    {
        private byte[] _data = new byte[256];

        public int Count { get; private set; }

        /// <summary>What was written: valid until more is.</summary>
        public Bytes Written => new Bytes(_data, 0, Count);

        public void Clear()
        {
            Count = 0;
        }

        /// <summary>Forgets what was written after the first `count` bytes.</summary>
        public void Cut(int count)
        {
            Count = count;
        }

        public void Array(int count)
        {
            Head(count, 16, 0x90, 0, 0xdc, 0xdd);
        }

        public void Integer(long value)
        {
            if (value >= -32 && value < 128)
            {
                Put((byte)value);
            }
            else if (value >= 0)
            {
                int size = value <= byte.MaxValue ? 1 : value <= ushort.MaxValue ? 2 : value <= uint.MaxValue ? 4 : 8;
                Put((byte)(size == 1 ? 0xcc : size == 2 ? 0xcd : size == 4 ? 0xce : 0xcf));
                BigEndian((ulong)value, size);
            }
            else
            {
                int size = value >= sbyte.MinValue ? 1 : value >= short.MinValue ? 2 : value >= int.MinValue ? 4 : 8;
                Put((byte)(size == 1 ? 0xd0 : size == 2 ? 0xd1 : size == 4 ? 0xd2 : 0xd3));
                BigEndian((ulong)value, size);
            }
        }

        public void Real(double value)
        {
            Put(0xcb);
            BigEndian((ulong)BitConverter.DoubleToInt64Bits(value), 8);
        }

        public void Text(string value)
        {
            int bytes = Encoding.UTF8.GetByteCount(value);
            Head(bytes, 32, 0xa0, 0xd9, 0xda, 0xdb);
            Reserve(bytes);
            Encoding.UTF8.GetBytes(value, 0, value.Length, _data, Count);
            Count += bytes;
        }

        public void Binary(Bytes value)
        {
            Head(value.Count, 0, 0, 0xc4, 0xc5, 0xc6);
            Reserve(value.Count);
            if (value.Count > 0)
            {
                Buffer.BlockCopy(value.Array, value.Offset, _data, Count, value.Count);
            }
            Count += value.Count;
        }

        /// <summary>Bytes as they are, such as a topic before a message.</summary>
        public void Plain(byte[] bytes)
        {
            Reserve(bytes.Length);
            Buffer.BlockCopy(bytes, 0, _data, Count, bytes.Length);
            Count += bytes.Length;
        }

        /// <summary>Makes room of so many bytes before what was written from `from` on, and returns their
        /// place.</summary>
        internal void Insert(int from, int room)
        {
            Reserve(room);
            Buffer.BlockCopy(_data, from, _data, from + room, Count - from);
            Count += room;
        }

        /// <summary>Goes back to write a few bytes, and to where it was.</summary>
        internal void ArrayAt(int place, int count)
        {
            int end = Count;
            Count = place;
            Array(count);
            Count = end;
        }

        // below `few`: in the head's own byte; heads of one, two and four bytes of length; 0: there is none
        private void Head(int length, int few, int own, int one, int two, int four)
        {
            if (length < few)
            {
                Put((byte)(own | length));
                return;
            }
            int size = length <= byte.MaxValue && one != 0 ? 1 : length <= ushort.MaxValue ? 2 : 4;
            Put((byte)(size == 1 ? one : size == 2 ? two : four));
            BigEndian((ulong)length, size);
        }

        private void BigEndian(ulong bits, int size)
        {
            Reserve(size);
            for (int i = size - 1; i >= 0; i--)
            {
                _data[Count++] = (byte)(bits >> 8 * i);
            }
        }

        private void Put(byte value)
        {
            Reserve(1);
            _data[Count++] = value;
        }

        private void Reserve(int more)
        {
            if (Count + more > _data.Length)
            {
                System.Array.Resize(ref _data, Math.Max(Count + more, 2 * _data.Length));
            }
        }
    }
}
