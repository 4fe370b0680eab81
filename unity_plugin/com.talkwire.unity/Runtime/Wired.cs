using System;
using Talkwire.Core;

namespace Talkwire
{
    /// <summary>A head as the message that it was.</summary>
    internal static class Wired
    {
        public static Core.Wire.Mesh Of(Head head)
        {
            return new Core.Wire.Mesh
            {
                NeutralVx3 = Raw(head.NeutralVx3, head.NeutralVx3.Length),
                TrianglesTx3 = Raw(head.TrianglesTx3, head.TrianglesTx3.Length),
                WeldV = Raw(head.WeldV, head.WeldV.Length),
            };
        }

        private static Bytes Raw(Array values, int count)
        {
            var bytes = new byte[4 * count];
            Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
            return new Bytes(bytes);
        }
    }
}
