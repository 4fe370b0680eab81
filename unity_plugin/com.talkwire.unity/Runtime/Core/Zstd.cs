using System;

namespace Talkwire.Core
{
    /// <summary>One Zstandard frame (RFC 8878) to bytes: what delta8 compresses its steps with. The output is the
    /// window, so nothing is allocated while it decodes. There are no dictionaries. Every malformed frame is refused.
    /// It has tables and literals of its own, 150 KB: for one thread at a time.</summary>
    public sealed class Zstd
    {
        private const int MaxBlock = 128 * 1024, MaxWindowLog = 31, LeastFourStreams = 6;
        private const int Literal = 0, Offset = 1, Match = 2, Alphabets = 3;  // in the order of their tables

        private static readonly int[] MaxLog = { 9, 8, 9 }, MaxSymbol = { 35, 31, 52 }, DefaultLog = { 6, 5, 6 };

        // How a code becomes a number: a baseline and so many bits to add. RFC 8878, 3.1.1.3.2.1.1.
        private static readonly int[] LiteralBase =
        {
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512,
            1024, 2048, 4096, 8192, 16384, 32768, 65536
        };
        private static readonly byte[] LiteralBits =
        {
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14,
            15, 16
        };
        private static readonly int[] MatchBase =
        {
            3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
            32, 33, 34, 35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771,
            65539
        };
        private static readonly byte[] MatchBits =
        {
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1,
            2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
        };

        // The predefined distributions: RFC 8878, 3.1.1.3.2.2. -1 is "less than 1".
        private static readonly short[][] DefaultOdds =
        {
            new short[]
            {
                4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
                -1, -1
            },
            new short[]
            {
                1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1
            },
            new short[]
            {
                1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1
            }
        };
        private static readonly byte[] PackedHead = { 3, 3, 4, 5 }, PlainHead = { 1, 2, 1, 3 };
        private static readonly byte[] PackedWidth = { 10, 10, 14, 18 };

        private readonly HuffmanTable _huffman = new HuffmanTable();
        private readonly FseTable[] _tables = { new FseTable(), new FseTable(), new FseTable() };
        private readonly byte[] _literals = new byte[MaxBlock];
        private readonly uint[] _repeats = new uint[3];  // offsets
        private byte[] _out;
        private int _made, _maxBlock;

        /// <summary>Exactly one frame, which must say that it holds as many bytes as `output` has. Returns null or why
        /// not; `output` may hold anything then.</summary>
        public Problem Decode(Bytes data, byte[] output)
        {
            _out = output;
            bool good = Frame(data);
            _out = null;
            return good ? null : Problem.Refused("the zstd frame", data.Count + " bytes",
                "one frame of " + output.Length + " bytes");
        }

        private bool Frame(Bytes data)
        {
            if (data.Count < 6 || data.U32(0) != 0xFD2FB528)
            {
                return false;
            }
            int head = data[4], sizeCode = head >> 6, idBytes = (1 << (head & 3)) >> 1;
            bool single = (head & 0x20) != 0, checksum = (head & 4) != 0;
            int sizeBytes = sizeCode != 0 ? 1 << sizeCode : single ? 1 : 0;
            int at = 5;
            if ((head & 8) != 0 || sizeBytes == 0 || data.Count < at + (single ? 0 : 1) + idBytes + sizeBytes)
            {
                return false;  // a reserved bit, or no size
            }
            ulong window = 0, announced = sizeCode == 1 ? 256u : 0;
            if (!single)
            {
                int log = 10 + (data[at] >> 3);
                if (log > MaxWindowLog)
                {
                    return false;
                }
                window = (1ul << log) + ((1ul << log) >> 3) * (ulong)(data[at] & 7);
                at++;
            }
            int id = 0;
            for (int i = 0; i < idBytes; i++)
            {
                id |= data[at++];
            }
            for (int i = 0; i < sizeBytes; i++)
            {
                announced += (ulong)data[at++] << (8 * i);
            }
            if (id != 0 || announced != (ulong)_out.Length)
            {
                return false;
            }
            _maxBlock = (int)Math.Min(MaxBlock, single ? announced : window);
            _made = 0;
            _huffman.Forget();
            foreach (FseTable table in _tables)
            {
                table.Known = false;
            }
            _repeats[0] = 1;
            _repeats[1] = 4;
            _repeats[2] = 8;
            for (bool last = false; !last;)
            {
                if (data.Count - at < 3)
                {
                    return false;
                }
                int word = data[at] | data[at + 1] << 8 | data[at + 2] << 16;
                at += 3;
                last = (word & 1) != 0;
                int kind = word >> 1 & 3, length = word >> 3, held = kind == 1 ? 1 : length;
                if (kind == 3 || length > _maxBlock || held > data.Count - at)
                {
                    return false;
                }
                Bytes body = data.Slice(at, held);
                at += held;
                bool good = kind == 2 ? Block(body) : kind == 1 ? PutRun(body[0], length) : Put(body);
                if (!good)
                {
                    return false;
                }
            }
            return _made == _out.Length && data.Count - at == (checksum ? 4 : 0)
                && (!checksum || data.From(at).U32(0) == (uint)XxHash64.Of(_out));
        }

        /// <summary>A compressed block: its literals, then what is between them.</summary>
        private bool Block(Bytes data)
        {
            Bytes unused;
            if (!ReadLiterals(ref data, out unused) || data.Count == 0)
            {
                return false;
            }
            int count = data[0], used = count < 128 ? 1 : count < 255 ? 2 : 3;
            if (data.Count < used)
            {
                return false;
            }
            count = used == 1 ? count : used == 2 ? ((count - 128) << 8) + data[1] : data[1] + (data[2] << 8) + 0x7F00;
            if (count == 0)
            {
                return data.Count == used && Put(unused);
            }
            if (data.Count == used || (data[used] & 3) != 0)
            {
                return false;
            }
            int modes = data[used];
            data = data.From(used + 1);
            for (int which = 0; which < Alphabets; which++)
            {
                if (!ReadTable(ref data, which, modes >> (6 - 2 * which) & 3))
                {
                    return false;
                }
            }
            return Sequences(data, count, unused);
        }

        /// <summary>RFC 8878, 3.1.1.3.1. data: left after them.</summary>
        private bool ReadLiterals(ref Bytes data, out Bytes found)
        {
            found = data;
            if (data.Count == 0)
            {
                return false;
            }
            int kind = data[0] & 3, format = data[0] >> 2 & 3;
            bool packed = kind >= 2;
            int head = packed ? PackedHead[format] : PlainHead[format], width = packed ? PackedWidth[format] : 20;
            if (data.Count < head)
            {
                return false;
            }
            ulong word = 0;
            for (int i = 0; i < head; i++)
            {
                word |= (ulong)data[i] << (8 * i);
            }
            word >>= !packed && head == 1 ? 3 : 4;
            int count = (int)word & ((1 << width) - 1), held = packed ? (int)(word >> width) : kind == 0 ? count : 1;
            if (count > _maxBlock || data.Count - head < held)
            {
                return false;
            }
            Bytes body = data.Slice(head, held);
            data = data.From(head + held);
            if (kind == 0)
            {
                found = body;
                return true;
            }
            found = new Bytes(_literals, 0, count);
            if (kind == 1)
            {
                byte value = body[0];
                for (int i = 0; i < count; i++)
                {
                    _literals[i] = value;
                }
                return true;
            }
            int used = kind == 3 ? 0 : _huffman.Read(body);
            return (kind == 3 ? _huffman.Known : used != 0) && DecodeStreams(body.From(used), count, format != 0);
        }

        private bool DecodeStreams(Bytes data, int count, bool four)
        {
            if (!four)
            {
                return _huffman.Decode(data, _literals, 0, count);
            }
            if (count < LeastFourStreams || data.Count < 6)
            {
                return false;
            }
            int each = (count + 3) / 4, from = 6;
            for (int i = 0; i < 4; i++)
            {
                int held = i < 3 ? data.U16(i) : data.Count - from;
                if (held > data.Count - from
                    || !_huffman.Decode(data.Slice(from, held), _literals, i * each, i < 3 ? each : count - 3 * each))
                {
                    return false;
                }
                from += held;
            }
            return true;
        }

        /// <summary>mode: predefined, one symbol, described, as before. data: left after it.</summary>
        private bool ReadTable(ref Bytes data, int which, int mode)
        {
            FseTable table = _tables[which];
            int used = 1;
            switch (mode)
            {
                case 0:
                    table.Build(DefaultOdds[which], DefaultOdds[which].Length, DefaultLog[which]);
                    return true;
                case 1:
                    if (data.Count == 0 || data[0] > MaxSymbol[which])
                    {
                        return false;
                    }
                    table.Repeat(data[0]);
                    break;
                case 2:
                    used = table.Read(data, MaxLog[which], MaxSymbol[which]);
                    break;
                default:
                    return table.Known;
            }
            data = data.From(used);
            return used != 0;
        }

        /// <summary>RFC 8878, 3.1.1.3.2.1 and 3.1.1.4: literals, then a match, so many times; then what is left of the
        /// literals.</summary>
        private bool Sequences(Bytes data, int count, Bytes unused)
        {
            var bits = new BackBits();
            if (!bits.Begin(data))
            {
                return false;
            }
            FseTable literals = _tables[Literal], offsets = _tables[Offset], matches = _tables[Match];
            uint literal = bits.Read(literals.Log), offset = bits.Read(offsets.Log), match = bits.Read(matches.Log);
            byte[] made = _out;
            for (int i = 1; i <= count; i++)
            {
                int offsetCode = offsets.Symbol[offset], matchCode = matches.Symbol[match];
                int literalCode = literals.Symbol[literal];
                uint value = (1u << offsetCode) + bits.Read(offsetCode);
                int matchLength = MatchBase[matchCode] + (int)bits.Read(MatchBits[matchCode]);
                int literalLength = LiteralBase[literalCode] + (int)bits.Read(LiteralBits[literalCode]);
                if (i < count)
                {
                    literal = literals.Base[literal] + bits.Read(literals.Bits[literal]);
                    match = matches.Base[match] + bits.Read(matches.Bits[match]);
                    offset = offsets.Base[offset] + bits.Read(offsets.Bits[offset]);
                }
                uint back = Back(value, literalLength == 0);
                if (bits.Over || literalLength > unused.Count || !Put(unused.Slice(0, literalLength)))
                {
                    return false;
                }
                unused = unused.From(literalLength);
                if (back == 0 || back > (uint)_made || matchLength > made.Length - _made)
                {
                    return false;
                }
                // what it makes may be what it copies: a run of `back` bytes, which doubles with each piece
                int from = _made - (int)back, end = _made + matchLength;
                while (_made < end)
                {
                    int piece = Math.Min(end - _made, _made - from);
                    Buffer.BlockCopy(made, from, made, _made, piece);
                    _made += piece;
                }
            }
            return bits.Done && Put(unused);
        }

        /// <summary>How far back a match is; 0 where that makes no sense. RFC 8878, 3.1.1.5.</summary>
        private uint Back(uint value, bool noLiterals)
        {
            uint back;
            int which = 2;
            if (value > 3)
            {
                back = value - 3;
            }
            else
            {
                which = (int)value - 1 + (noLiterals ? 1 : 0);
                back = which == 3 ? _repeats[0] - 1 : _repeats[which];
            }
            if (which >= 2)
            {
                _repeats[2] = _repeats[1];
            }
            if (which >= 1)
            {
                _repeats[1] = _repeats[0];
            }
            _repeats[0] = back;
            return back;
        }

        private bool Put(Bytes literal)
        {
            if (literal.Count > _out.Length - _made)
            {
                return false;
            }
            Buffer.BlockCopy(literal.Array, literal.Offset, _out, _made, literal.Count);
            _made += literal.Count;
            return true;
        }

        private bool PutRun(byte value, int count)
        {
            if (count > _out.Length - _made)
            {
                return false;
            }
            for (int end = _made + count; _made < end; _made++)
            {
                _out[_made] = value;
            }
            return true;
        }
    }
}
