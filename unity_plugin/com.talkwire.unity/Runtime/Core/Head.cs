using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>What never changes of a head: a Mesh message in arrays of its own. Nobody writes into them.</summary>
    public sealed class Head
    {
        public readonly string TopologyId;
        public readonly string Generated, Shows;  // of the face: how it is made, and whom it shows
        public readonly int VertexCount, TriangleCount, FrameRateHz;
        public readonly float[] NeutralVx3, UvsVx2;
        public readonly int[] TrianglesTx3, WeldV;
        public readonly Part[] Parts;

        /// <summary>Has scratch of its own: the player's.</summary>
        internal readonly Vertices Decoder;
        private readonly float[] _box = new float[6];

        internal Head(Mesh mesh)
        {
            TopologyId = mesh.TopologyId;
            Generated = mesh.Generated;
            Shows = mesh.Shows;
            VertexCount = mesh.VertexCount;
            TriangleCount = mesh.TriangleCount;
            FrameRateHz = mesh.FrameRateHz;
            NeutralVx3 = new float[3 * VertexCount];
            UvsVx2 = new float[2 * VertexCount];
            TrianglesTx3 = new int[3 * TriangleCount];
            WeldV = new int[VertexCount];
            mesh.NeutralVx3.CopyTo(NeutralVx3, mesh.NeutralVx3.Count);
            mesh.UvsVx2.CopyTo(UvsVx2, mesh.UvsVx2.Count);
            mesh.TrianglesTx3.CopyTo(TrianglesTx3, mesh.TrianglesTx3.Count);
            mesh.WeldV.CopyTo(WeldV, mesh.WeldV.Count);
            Parts = new Part[mesh.Parts.Count];
            for (int i = 0; i < Parts.Length; i++)
            {
                Parts[i] = mesh.Parts[i];
            }
            Decoder = new Vertices(mesh);
            for (int axis = 0; axis < 3; axis++)
            {
                _box[axis] = mesh.BoxLowM.F32(axis);
                _box[axis + 3] = mesh.BoxHighM.F32(axis);
            }
        }

        /// <summary>Of q16: where an axis begins, and its step, in metres.</summary>
        public float LowM(int axis)
        {
            return Decoder.LowM(axis);
        }

        public float StepM(int axis)
        {
            return Decoder.StepM(axis);
        }

        /// <summary>Whether it is the same, sent again: an id is made of all but the box and what is said of
        /// it.</summary>
        internal bool Is(Head other)
        {
            bool same = other.TopologyId == TopologyId && other.Generated == Generated && other.Shows == Shows;
            for (int i = 0; i < _box.Length; i++)
            {
                same &= other._box[i] == _box[i];
            }
            return same;
        }
    }
}
