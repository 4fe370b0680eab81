using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>What never changes of a head, as Unity's mesh has it. Made by a worker, once.</summary>
    internal sealed class HeadGeometry
    {
        private const float MarginM = 0.03f;  // that an expression may go beyond the neutral head

        public readonly Vector2[] Uvs;
        public readonly int[] CornersTx3;
        public readonly Bounds Bounds;

        public HeadGeometry(Head head)
        {
            Uvs = new Vector2[head.VertexCount];
            for (int v = 0; v < Uvs.Length; v++)
            {
                Uvs[v] = new Vector2(head.UvsVx2[2 * v], 1 - head.UvsVx2[2 * v + 1]);  // Unity's v grows upward
            }
            CornersTx3 = new int[3 * head.TriangleCount];
            AxisMap.Unity.Triangles(head.TrianglesTx3, head.TriangleCount, CornersTx3);
            float[] at = head.NeutralVx3;
            Bounds = new Bounds(new Vector3(-at[0], at[1], at[2]), Vector3.zero);
            for (int i = 3; i < at.Length; i += 3)
            {
                Bounds.Encapsulate(new Vector3(-at[i], at[i + 1], at[i + 2]));
            }
            Bounds.Expand(2 * MarginM);
        }
    }
}
