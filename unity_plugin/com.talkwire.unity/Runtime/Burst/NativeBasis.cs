using System;
using Talkwire.Core;
using Unity.Collections;

namespace Talkwire
{
    /// <summary>A basis where jobs can read it: copied once.</summary>
    internal sealed class NativeBasis : IDisposable
    {
        public readonly BasisSum Of;
        public NativeArray<float> MeanVx3, Components, Coefficients;
        public NativeArray<NativeBlock> Blocks;

        public NativeBasis(BasisSum basis)
        {
            Of = basis;
            MeanVx3 = new NativeArray<float>(basis.MeanVx3, Allocator.Persistent);
            Coefficients = new NativeArray<float>(basis.CoefficientCount, Allocator.Persistent);
            Blocks = new NativeArray<NativeBlock>(basis.BlockCount, Allocator.Persistent);
            int count = 0;
            for (int b = 0; b < basis.BlockCount; b++)
            {
                count += basis.Components(b).Length;
            }
            Components = new NativeArray<float>(count, Allocator.Persistent, NativeArrayOptions.UninitializedMemory);
            int first = 0;
            for (int b = 0; b < basis.BlockCount; b++)
            {
                Core.Wire.Block block = basis.Block(b);
                float[] components = basis.Components(b);
                NativeArray<float>.Copy(components, 0, Components, first, components.Length);
                Blocks[b] = new NativeBlock
                {
                    FirstValue = 3 * block.FirstVertex, ValueCount = 3 * block.VertexCount,
                    FirstCoefficient = block.FirstCoefficient, ComponentCount = block.ComponentCount,
                    FirstComponent = first,
                };
                first += components.Length;
            }
        }

        public void Dispose()
        {
            MeanVx3.Dispose();
            Components.Dispose();
            Coefficients.Dispose();
            Blocks.Dispose();
        }
    }
}
