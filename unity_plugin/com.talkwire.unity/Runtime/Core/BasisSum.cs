using System;

namespace Talkwire.Core
{
    /// <summary>A head as a sum: mean + coefficients times components. It only reads once it is made, so that any
    /// number of threads may call it.</summary>
    public sealed class BasisSum
    {
        private const int Tile = 1024;  // values: what is summed stays in the nearest cache

        private readonly string _topologyId;
        private readonly int _own;
        private readonly float[] _meanVx3;
        private readonly Wire.Block[] _blocks;
        private readonly float[][] _components;  // of each block: [component_count, vertex_count, 3] metres

        /// <summary>Copies the basis, as floats in metres.</summary>
        public BasisSum(Wire.Basis basis)
        {
            _topologyId = basis.TopologyId;
            _own = basis.Own;
            _meanVx3 = new float[3 * basis.VertexCount];
            basis.MeanVx3.CopyTo(_meanVx3, basis.MeanVx3.Count);
            _blocks = new Wire.Block[basis.Blocks.Count];
            _components = new float[_blocks.Length][];
            var steps = new short[_meanVx3.Length];  // of one component
            int scale = 0, at = 0;
            for (int b = 0; b < _blocks.Length; b++)
            {
                _blocks[b] = basis.Blocks[b];
                int values = 3 * _blocks[b].VertexCount, count = _blocks[b].ComponentCount;
                _components[b] = new float[values * count];
                for (int k = 0; k < count; k++, at += 2 * values)
                {
                    basis.Components.Slice(at, 2 * values).CopyTo(steps, 2 * values);
                    Scale(steps, values, basis.ScalesM.F32(scale++), _components[b], k * values);
                }
            }
        }

        private static void Scale(short[] steps, int count, float scaleM, float[] into, int from)
        {
            for (int i = 0; i < count; i++)
            {
                into[from + i] = steps[i] * scaleM;
            }
        }

        public int Count => _meanVx3.Length / 3;

        public string TopologyId => _topologyId;

        /// <summary>The frame's own and then the 52 weights.</summary>
        public int CoefficientCount => _own + Limits.WeightCount;

        /// <summary>What it is the sum of, for who computes it elsewhere. Nobody writes into these.</summary>
        public float[] MeanVx3 => _meanVx3;

        public int BlockCount => _blocks.Length;

        public Wire.Block Block(int index)
        {
            return _blocks[index];
        }

        /// <summary>Of a block: [component_count, vertex_count, 3] metres.</summary>
        public float[] Components(int block)
        {
            return _components[block];
        }

        /// <summary>The coefficients of a frame, to the first CoefficientCount floats. Returns null, or a problem for a
        /// frame of another mesh or with other ones.</summary>
        public Problem Read(Wire.Coefficients frame, float[] coefficients)
        {
            if (frame.Own.Count != 2 * _own || frame.Stamp.TopologyId != _topologyId)
            {
                return Problem.Refused("Coefficients.own",
                    frame.Own.Count / 2 + " numbers of mesh " + frame.Stamp.TopologyId,
                    "the basis' " + _own + " of mesh " + _topologyId);
            }
            Half.ToFloats(frame.Own, coefficients);
            for (int i = 0; i < Limits.WeightCount; i++)
            {
                coefficients[_own + i] = Half.ToFloat(frame.Weights.U16(i));
            }
            return null;
        }

        /// <summary>Vertices of these coefficients, to the first 3 * Count floats.</summary>
        public void Sum(float[] coefficients, float[] vertices_vx3)
        {
            Buffer.BlockCopy(_meanVx3, 0, vertices_vx3, 0, 4 * _meanVx3.Length);
            for (int b = 0; b < _blocks.Length; b++)
            {
                int values = 3 * _blocks[b].VertexCount;
                for (int first = 0; first < values; first += Tile)
                {
                    SumTile(b, first, Math.Min(Tile, values - first), coefficients, vertices_vx3);
                }
            }
        }

        // four components at a time, which quarters how often the sum is read and written; those of no weight, which
        // are most of a face's 52, cost nothing
        private void SumTile(int b, int first, int count, float[] coefficients, float[] vertices_vx3)
        {
            float[] components = _components[b];
            int values = 3 * _blocks[b].VertexCount, coefficient = _blocks[b].FirstCoefficient;
            int to = 3 * _blocks[b].FirstVertex + first, end = _blocks[b].ComponentCount, next = 0;
            while (next < end)
            {
                float w0 = Next(coefficients, coefficient, end, ref next), w1, w2, w3;
                int k0 = (next - 1) * values + first;
                w1 = Next(coefficients, coefficient, end, ref next);
                int k1 = (next - 1) * values + first;
                w2 = Next(coefficients, coefficient, end, ref next);
                int k2 = (next - 1) * values + first;
                w3 = Next(coefficients, coefficient, end, ref next);
                int k3 = (next - 1) * values + first;
                for (int i = 0; i < count; i++)
                {
                    vertices_vx3[to + i] += w0 * components[k0 + i] + w1 * components[k1 + i]
                        + w2 * components[k2 + i] + w3 * components[k3 + i];
                }
            }
        }

        // the next weight that is not 0, 0 where there is none; next: one beyond it
        private static float Next(float[] coefficients, int first, int end, ref int next)
        {
            while (next < end)
            {
                float weight = coefficients[first + next++];
                if (weight != 0)
                {
                    return weight;
                }
            }
            return 0;
        }
    }
}
