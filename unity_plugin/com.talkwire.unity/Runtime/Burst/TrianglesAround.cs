using Talkwire.Core;

namespace Talkwire
{
    /// <summary>Which triangles are around each vertex, so that each sums its own normal.</summary>
    internal sealed class TrianglesAround
    {
        public readonly int[] CornersTx3;  // of triangles: the vertices that they are welded to
        public readonly int[] FirstV, Around;  // those of v are from FirstV[v] to FirstV[v + 1], in their order

        public TrianglesAround(Head head)
        {
            CornersTx3 = new int[head.TrianglesTx3.Length];
            FirstV = new int[head.VertexCount + 1];
            for (int i = 0; i < CornersTx3.Length; i++)
            {
                CornersTx3[i] = head.WeldV[head.TrianglesTx3[i]];
                FirstV[CornersTx3[i] + 1]++;
            }
            for (int v = 0; v < head.VertexCount; v++)
            {
                FirstV[v + 1] += FirstV[v];
            }
            Around = new int[CornersTx3.Length];
            var next = (int[])FirstV.Clone();
            for (int i = 0; i < CornersTx3.Length; i++)
            {
                Around[next[CornersTx3[i]]++] = i / 3;
            }
        }
    }
}
