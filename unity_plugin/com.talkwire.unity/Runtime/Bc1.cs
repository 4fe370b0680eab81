using Talkwire.Core;

namespace Talkwire
{
    /// <summary>BC1 blocks as Unity has them: 8 bytes for 4 x 4 pixels, two colours and then a byte a row; the
    /// picture's lowest row comes first.</summary>
    internal static class Bc1
    {
        private const int BlockBytes = 8;

        /// <summary>So many bytes hold a picture of that size.</summary>
        public static int Size(int widthPx, int heightPx)
        {
            return BlockBytes * ((widthPx + 3) / 4) * ((heightPx + 3) / 4);
        }

        /// <summary>Whether a texture may have that size, or lie at that place: whole blocks.</summary>
        public static bool IsWhole(int aPx, int bPx)
        {
            return aPx % 4 == 0 && bPx % 4 == 0;
        }

        /// <summary>The same picture with its lowest row first. Its height is whole blocks.</summary>
        public static void Flip(Bytes blocks, int widthPx, int heightPx, byte[] into)
        {
            byte[] data = blocks.Array;
            int row = BlockBytes * ((widthPx + 3) / 4), rows = heightPx / 4;
            for (int y = 0; y < rows; y++)
            {
                int from = blocks.Offset + (rows - 1 - y) * row, to = y * row;
                for (int end = to + row; to < end; to += BlockBytes, from += BlockBytes)
                {
                    into[to] = data[from];
                    into[to + 1] = data[from + 1];
                    into[to + 2] = data[from + 2];
                    into[to + 3] = data[from + 3];
                    into[to + 4] = data[from + 7];
                    into[to + 5] = data[from + 6];
                    into[to + 6] = data[from + 5];
                    into[to + 7] = data[from + 4];
                }
            }
        }
    }
}
