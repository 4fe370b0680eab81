using Unity.Burst;
using Unity.Collections;
using Unity.Jobs;
using Unity.Mathematics;
using UnityEngine;

namespace Talkwire
{
    /// <summary>Of a basis: which values its components change, and where they are.</summary>
    internal struct NativeBlock
    {
        public int FirstValue, ValueCount, FirstCoefficient, ComponentCount, FirstComponent;
    }

    /// <summary>Mean + coefficients times components, a tile of values at a time. In the order of BasisSum, so that the
    /// sums are the same.</summary>
    [BurstCompile]
    internal struct SumJob : IJobParallelFor
    {
        public const int Tile = 1024;  // values: what is summed stays in the nearest cache

        [ReadOnly] public NativeArray<float> MeanVx3, Components, Coefficients;
        [ReadOnly] public NativeArray<NativeBlock> Blocks;
        [NativeDisableParallelForRestriction] public NativeArray<float> PositionsVx3;  // each writes its tile alone

        public void Execute(int index)
        {
            int begin = index * Tile, end = math.min(begin + Tile, PositionsVx3.Length);
            for (int i = begin; i < end; i++)
            {
                PositionsVx3[i] = MeanVx3[i];
            }
            for (int b = 0; b < Blocks.Length; b++)
            {
                NativeBlock block = Blocks[b];
                int from = math.max(begin, block.FirstValue);
                int to = math.min(end, block.FirstValue + block.ValueCount);
                if (from < to)
                {
                    Add(block, from, to);
                }
            }
        }

        // four components that weigh something at a time
        private void Add(NativeBlock block, int from, int to)
        {
            int next = 0;
            while (next < block.ComponentCount)
            {
                float w0 = Next(block, ref next);
                int at0 = At(block, next);
                float w1 = Next(block, ref next);
                int at1 = At(block, next);
                float w2 = Next(block, ref next);
                int at2 = At(block, next);
                float w3 = Next(block, ref next);
                int at3 = At(block, next);
                for (int i = from; i < to; i++)
                {
                    PositionsVx3[i] += w0 * Components[at0 + i] + w1 * Components[at1 + i]
                        + w2 * Components[at2 + i] + w3 * Components[at3 + i];
                }
            }
        }

        private static int At(NativeBlock block, int next)
        {
            return block.FirstComponent + (next - 1) * block.ValueCount - block.FirstValue;
        }

        private float Next(NativeBlock block, ref int next)
        {
            while (next < block.ComponentCount)
            {
                float weight = Coefficients[block.FirstCoefficient + next++];
                if (weight != 0)
                {
                    return weight;
                }
            }
            return 0;
        }
    }

    /// <summary>Between two frames of q16, a value at a time.</summary>
    [BurstCompile]
    internal struct DequantiseJob : IJobParallelFor
    {
        [ReadOnly] public NativeArray<byte> Before, After;  // u16, little-endian
        public float3 LowM, StepM;
        public float Share;
        [WriteOnly] public NativeArray<float> PositionsVx3;

        public void Execute(int index)
        {
            int axis = index % 3;
            float before = Metres(Before, index, axis), after = Metres(After, index, axis);
            float between = before + (after - before) * Share;
            PositionsVx3[index] = Share == 0 ? before : Share == 1 ? after : between;
        }

        private float Metres(NativeArray<byte> words, int index, int axis)
        {
            int word = words[2 * index] | words[2 * index + 1] << 8;
            return (float)(word * StepM[axis]) + LowM[axis];
        }
    }

    /// <summary>Of a triangle its normal, as long as twice its area.</summary>
    [BurstCompile]
    internal struct FaceJob : IJobParallelFor
    {
        [ReadOnly] public NativeArray<float> PositionsVx3;
        [ReadOnly] public NativeArray<int> CornersTx3;  // welded
        [WriteOnly] public NativeArray<float3> Faces;

        public void Execute(int index)
        {
            float3 a = Place(3 * index);
            Faces[index] = math.cross(Place(3 * index + 1) - a, Place(3 * index + 2) - a);
        }

        private float3 Place(int corner)
        {
            int at = 3 * CornersTx3[corner];
            return new float3(PositionsVx3[at], PositionsVx3[at + 1], PositionsVx3[at + 2]);
        }
    }

    /// <summary>A vertex in Unity's space, with the normal of the triangles around it, in the order of
    /// VertexNormals.</summary>
    [BurstCompile]
    internal struct VertexJob : IJobParallelFor
    {
        private const double LeastLength = 1e-20;  // as VertexNormals has it

        [ReadOnly] public NativeArray<float> PositionsVx3;
        [ReadOnly] public NativeArray<float3> Faces;
        [ReadOnly] public NativeArray<int> WeldV, FirstV, Around;  // Around: triangles, from FirstV[v] on those of v
        [WriteOnly] public NativeArray<HeadVertex> Vertices;

        public void Execute(int index)
        {
            int weld = WeldV[index];
            float3 sum = default(float3);
            for (int i = FirstV[weld]; i < FirstV[weld + 1]; i++)
            {
                sum += Faces[Around[i]];
            }
            double length = math.sqrt((double)sum.x * sum.x + (double)sum.y * sum.y + (double)sum.z * sum.z);
            float3 normal = new float3(0, 0, 1);
            if (length >= LeastLength)  // NaN is not
            {
                normal = new float3((float)(sum.x / length), (float)(sum.y / length), (float)(sum.z / length));
            }
            Vertices[index] = new HeadVertex
            {
                Position = new Vector3(-PositionsVx3[3 * index], PositionsVx3[3 * index + 1],
                    PositionsVx3[3 * index + 2]),
                Normal = new Vector3(-normal.x, normal.y, normal.z),
            };
        }
    }
}
