using System;

namespace Talkwire.Core
{
    /// <summary>XXH64 with seed 0, of which the checksum of a Zstandard frame is the lower half.</summary>
    internal static class XxHash64
    {
        public static ulong Of(byte[] bytes)
        {
            const ulong P1 = 11400714785074694791, P2 = 14029467366897019727, P3 = 1609587929392839161;
            const ulong P4 = 9650029242287828579, P5 = 2870177450012600261;
            int size = bytes.Length, at = 0;
            ulong sum = P5;
            unchecked
            {
                if (size >= 32)
                {
                    ulong a = P1 + P2, b = P2, c = 0, d = 0 - P1;
                    for (; at + 32 <= size; at += 32)
                    {
                        a = Turn(a + BitConverter.ToUInt64(bytes, at) * P2, 31) * P1;
                        b = Turn(b + BitConverter.ToUInt64(bytes, at + 8) * P2, 31) * P1;
                        c = Turn(c + BitConverter.ToUInt64(bytes, at + 16) * P2, 31) * P1;
                        d = Turn(d + BitConverter.ToUInt64(bytes, at + 24) * P2, 31) * P1;
                    }
                    sum = Turn(a, 1) + Turn(b, 7) + Turn(c, 12) + Turn(d, 18);
                    sum = (sum ^ Turn(a * P2, 31) * P1) * P1 + P4;
                    sum = (sum ^ Turn(b * P2, 31) * P1) * P1 + P4;
                    sum = (sum ^ Turn(c * P2, 31) * P1) * P1 + P4;
                    sum = (sum ^ Turn(d * P2, 31) * P1) * P1 + P4;
                }
                sum += (ulong)size;
                for (; at + 8 <= size; at += 8)
                {
                    sum = Turn(sum ^ Turn(BitConverter.ToUInt64(bytes, at) * P2, 31) * P1, 27) * P1 + P4;
                }
                if (at + 4 <= size)
                {
                    sum = Turn(sum ^ BitConverter.ToUInt32(bytes, at) * P1, 23) * P2 + P3;
                    at += 4;
                }
                for (; at < size; at++)
                {
                    sum = Turn(sum ^ bytes[at] * P5, 11) * P1;
                }
                sum = (sum ^ sum >> 33) * P2;
                sum = (sum ^ sum >> 29) * P3;
                return sum ^ sum >> 32;
            }
        }

        private static ulong Turn(ulong value, int by)
        {
            return value << by | value >> (64 - by);
        }
    }
}
