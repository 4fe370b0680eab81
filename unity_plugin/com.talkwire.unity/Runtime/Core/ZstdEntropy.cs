using System;

namespace Talkwire.Core
{
    /// <summary>Bits from the last byte back, highest first: how Zstandard codes symbols. Beyond the first there are
    /// zeros, which Over tells.</summary>
    internal struct BackBits
    {
        private byte[] _data;
        private int _first, _left;  // bytes
        private ulong _bits;
        private int _count;

        public bool Over => _count < 0;
        public bool Done => _count == 0 && _left == _first;

        /// <summary>False where there is no end mark, the highest bit that is set.</summary>
        public bool Begin(Bytes data)
        {
            if (data.Count == 0 || data[data.Count - 1] == 0)
            {
                return false;
            }
            _data = data.Array;
            _first = data.Offset;
            _left = data.Offset + data.Count - 1;
            uint last = _data[_left];
            _count = FseTable.HighBit(last);
            _bits = _count == 0 ? 0 : (ulong)last << (64 - _count);
            return true;
        }

        /// <summary>From here on at least 57 bits can be had without another fill.</summary>
        public void Fill()
        {
            while (_count <= 56 && _left > _first)
            {
                _bits |= (ulong)_data[--_left] << (56 - _count);
                _count += 8;
            }
        }

        public uint Peek(int count)
        {
            return (uint)((_bits >> 1) >> (63 - count));
        }

        public void Skip(int count)
        {
            _bits <<= count;
            _count -= count;
        }

        /// <summary>At most 32.</summary>
        public uint Read(int count)
        {
            Fill();
            uint value = Peek(count);
            Skip(count);
            return value;
        }
    }

    /// <summary>A decoding table of finite state entropy: RFC 8878, 4.1.</summary>
    internal sealed class FseTable
    {
        public const int MaxLog = 9, MaxSymbols = 64;

        public readonly byte[] Symbol = new byte[1 << MaxLog], Bits = new byte[1 << MaxLog];
        public readonly ushort[] Base = new ushort[1 << MaxLog];  // of the next state; Bits more are added
        public int Log;
        public bool Known;
        private readonly int[] _next = new int[MaxSymbols];
        private readonly short[] _odds = new short[MaxSymbols];
        private Bytes _described;
        private int _at;  // bits of it

        public static int HighBit(uint value)
        {
            int bit = 0;
            while ((value >>= 1) != 0)
            {
                bit++;
            }
            return bit;
        }

        /// <summary>Every state gives the same symbol.</summary>
        public void Repeat(byte symbol)
        {
            Symbol[0] = symbol;
            Bits[0] = 0;
            Base[0] = 0;
            Log = 0;
            Known = true;
        }

        /// <summary>odds: of so many symbols, in parts of 1 &lt;&lt; log; -1 is "less than 1".</summary>
        public void Build(short[] odds, int count, int log)
        {
            int size = 1 << log, step = (size >> 1) + (size >> 3) + 3;
            int end = size, place = 0;  // rare symbols have the last cells, one each
            for (int symbol = 0; symbol < count; symbol++)
            {
                if (odds[symbol] < 0)
                {
                    Symbol[--end] = (byte)symbol;
                }
                _next[symbol] = Math.Abs((int)odds[symbol]);
            }
            for (int symbol = 0; symbol < count; symbol++)
            {
                for (int i = 0; i < odds[symbol]; i++)
                {
                    Symbol[place] = (byte)symbol;
                    do
                    {
                        place = (place + step) & (size - 1);
                    }
                    while (place >= end);
                }
            }
            for (int state = 0; state < size; state++)
            {
                int number = _next[Symbol[state]]++, bits = log - HighBit((uint)number);
                Bits[state] = (byte)bits;
                Base[state] = (ushort)((number << bits) - size);
            }
            Log = log;
            Known = true;
        }

        /// <summary>From its description at the beginning of the data. How many bytes that takes; 0 where it is none.
        /// </summary>
        public int Read(Bytes data, int maxLog, int maxSymbol)
        {
            _described = data;
            _at = 0;
            int log = (int)Take(4) + 5;
            if (log > maxLog)
            {
                return 0;
            }
            int left = 1 << log, symbol = 0;
            while (left > 0)
            {
                if (symbol > maxSymbol)
                {
                    return 0;
                }
                int width = HighBit((uint)left + 1) + 1, half = 1 << (width - 1);
                int shorter = 2 * half - 1 - (left + 1);  // so many values take a bit less
                int value = (int)Look(width);
                if ((value & (half - 1)) < shorter)
                {
                    value &= half - 1;
                    _at += width - 1;
                }
                else
                {
                    value -= value >= half ? shorter : 0;
                    _at += width;
                }
                _odds[symbol++] = (short)(value - 1);
                left -= value == 0 ? 1 : value - 1;
                for (int zeros = 3; value == 1 && zeros == 3;)
                {
                    zeros = (int)Take(2);
                    if (symbol + zeros > maxSymbol + 1)
                    {
                        return 0;
                    }
                    for (int i = 0; i < zeros; i++)
                    {
                        _odds[symbol++] = 0;
                    }
                }
            }
            int used = (_at + 7) / 8;
            if (used > data.Count)
            {
                return 0;
            }
            Build(_odds, symbol, log);
            return used;
        }

        /// <summary>Bits from the first byte on, lowest first; zeros beyond the end.</summary>
        private uint Look(int count)
        {
            uint value = 0;
            for (int i = 0; i < count; i++)
            {
                int at = _at + i;
                if (at / 8 < _described.Count)
                {
                    value |= ((uint)_described[at / 8] >> (at % 8) & 1) << i;
                }
            }
            return value;
        }

        private uint Take(int count)
        {
            uint value = Look(count);
            _at += count;
            return value;
        }
    }

    /// <summary>A Huffman code: RFC 8878, 4.2.</summary>
    internal sealed class HuffmanTable
    {
        public const int MaxBits = 11, MaxSymbols = 256, MaxWeightLog = 6;

        private readonly byte[] _symbols = new byte[1 << MaxBits], _bits = new byte[1 << MaxBits];
        private readonly byte[] _weights = new byte[MaxSymbols];
        private readonly FseTable _ofWeights = new FseTable();
        private int _log;

        /// <summary>Whether there is one.</summary>
        public bool Known => _log != 0;

        public void Forget()
        {
            _log = 0;
        }

        /// <summary>From its description at the beginning of the data. How many bytes that takes; 0 where it is none.
        /// </summary>
        public int Read(Bytes data)
        {
            _log = 0;
            if (data.Count == 0)
            {
                return 0;
            }
            int head = data[0], count = head >= 128 ? head - 127 : 0;  // plain ones, half a byte each
            int held = head >= 128 ? (count + 1) / 2 : head;
            if (data.Count - 1 < held)
            {
                return 0;
            }
            Bytes body = data.Slice(1, held);
            for (int i = 0; i < count; i++)
            {
                _weights[i] = (byte)(i % 2 != 0 ? body[i / 2] & 15 : body[i / 2] >> 4);
            }
            if (head < 128)
            {
                count = ReadWeights(body);
            }
            return count != 0 && Build(count) ? 1 + held : 0;
        }

        /// <summary>So many symbols, for which all of the data must be needed.</summary>
        public bool Decode(Bytes data, byte[] into, int from, int count)
        {
            var bits = new BackBits();
            if (!bits.Begin(data))
            {
                return false;
            }
            byte[] symbols = _symbols, lengths = _bits;
            int log = _log;
            for (int i = from; i < from + count; i++)
            {
                bits.Fill();
                uint code = bits.Peek(log);
                into[i] = symbols[code];
                bits.Skip(lengths[code]);
            }
            return bits.Done;
        }

        /// <summary>Weights that two states take turns to tell, until there are no bits for the next one. How many; 0
        /// for nonsense.</summary>
        private int ReadWeights(Bytes data)
        {
            int used = _ofWeights.Read(data, MaxWeightLog, MaxBits + 1);
            var bits = new BackBits();
            if (used == 0 || !bits.Begin(data.From(used)))
            {
                return 0;
            }
            uint now = bits.Read(_ofWeights.Log), next = bits.Read(_ofWeights.Log);
            for (int count = 0; !bits.Over && count < MaxSymbols - 2;)
            {
                _weights[count++] = _ofWeights.Symbol[now];
                uint after = _ofWeights.Base[now] + bits.Read(_ofWeights.Bits[now]);
                if (bits.Over)
                {
                    _weights[count++] = _ofWeights.Symbol[next];
                    return count;
                }
                now = next;
                next = after;
            }
            return 0;
        }

        /// <summary>There is room for one more weight, which follows from the others.</summary>
        private bool Build(int count)
        {
            int sum = 0;
            bool least = false;  // of the longest codes there are two at least
            for (int i = 0; i < count; i++)
            {
                if (_weights[i] > MaxBits)
                {
                    return false;
                }
                sum += (1 << _weights[i]) >> 1;
                least = least || _weights[i] == 1;
            }
            int log = sum == 0 ? 0 : FseTable.HighBit((uint)sum) + 1;
            if (log == 0 || log > MaxBits)
            {
                return false;
            }
            int rest = (1 << log) - sum;
            if ((rest & (rest - 1)) != 0 || !least)
            {
                return false;
            }
            _weights[count] = (byte)(FseTable.HighBit((uint)rest) + 1);
            int at = 0;
            for (int weight = 1; weight <= log; weight++)
            {
                for (int symbol = 0; symbol <= count; symbol++)
                {
                    if (_weights[symbol] != weight)
                    {
                        continue;
                    }
                    for (int end = at + (1 << (weight - 1)); at < end; at++)
                    {
                        _symbols[at] = (byte)symbol;
                        _bits[at] = (byte)(log + 1 - weight);
                    }
                }
            }
            _log = log;
            return true;
        }
    }
}
