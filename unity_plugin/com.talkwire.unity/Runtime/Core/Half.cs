using System.Runtime.InteropServices;

namespace Talkwire.Core
{
    /// <summary>A float and its bits.</summary>
    [StructLayout(LayoutKind.Explicit)]
    public struct FloatBits
    {
        [FieldOffset(0)] public int Bits;
        [FieldOffset(0)] public float Value;

        public static float ToFloat(int bits)
        {
            var both = default(FloatBits);
            both.Bits = bits;
            return both.Value;
        }

        public static int ToBits(float value)
        {
            var both = default(FloatBits);
            both.Value = value;
            return both.Bits;
        }
    }

    /// <summary>IEEE 754 half precision: 1 bit of sign, 5 of exponent, 10 of fraction.</summary>
    public static class Half
    {
        private const float OfSubnormals = 1f / (1 << 24);

        /// <summary>Exact, as every half is a float.</summary>
        public static float ToFloat(ushort half)
        {
            int sign = (half & 0x8000) << 16, exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
            if (exponent == 0)
            {
                float tiny = fraction * OfSubnormals;
                return sign != 0 ? -tiny : tiny;
            }
            int biased = exponent == 0x1f ? 0xff : exponent + (127 - 15);
            return FloatBits.ToFloat(sign | biased << 23 | fraction << 13);
        }

        /// <summary>All of a view, to the beginning of `into`. Returns how many.</summary>
        public static int ToFloats(Bytes halves, float[] into)
        {
            int count = halves.Count / 2;
            for (int i = 0; i < count; i++)
            {
                into[i] = ToFloat(halves.U16(i));
            }
            return count;
        }
    }
}
