using Talkwire.Core;
using Unity.Collections;
using Unity.Jobs;
using Unity.Mathematics;
using UnityEngine;
using UnityEngine.Rendering;

namespace Talkwire
{
    /// <summary>Makes a head by Burst's jobs, where it is a sum of a basis or lies between two frames of q16.</summary>
    /// <remarks>Jobs are scheduled by the main thread alone (Unity's manual, "Scheduling jobs"), so that this is done
    /// there: what a job reads is copied, which is a tenth of what it does.</remarks>
    internal sealed class BurstMaker : IHeadMaker
    {
        private const int Batch = 512;

        private readonly Head _head;
        private volatile TrianglesAround _around;  // null: not prepared
        private bool _made;
        private NativeArray<int> _cornersTx3, _weldV, _firstV, _triangles;
        private NativeArray<byte> _before, _after;
        private NativeArray<float> _positionsVx3;
        private NativeArray<float3> _faces;
        private NativeArray<HeadVertex> _shown, _next;
        private NativeBasis _basis;
        private JobHandle _job;

        public BurstMaker(Head head)
        {
            _head = head;
        }

        public bool IsDone
        {
            get { return _job.IsCompleted; }
        }

        public void Prepare()
        {
            _around = new TrianglesAround(_head);
        }

        public bool TryBegin(Player player)
        {
            Recipe recipe;
            if (_around == null || !player.TryRecipe(out recipe) || recipe.Head != _head)
            {
                return false;
            }
            Make();
            JobHandle positions = recipe.Basis != null ? Sum(recipe) : Dequantise(recipe);
            JobHandle faces = new FaceJob
            {
                PositionsVx3 = _positionsVx3, CornersTx3 = _cornersTx3, Faces = _faces,
            }.Schedule(_faces.Length, Batch, positions);
            _job = new VertexJob
            {
                PositionsVx3 = _positionsVx3, Faces = _faces, WeldV = _weldV, FirstV = _firstV, Around = _triangles,
                Vertices = _next,
            }.Schedule(_next.Length, Batch, faces);
            JobHandle.ScheduleBatchedJobs();
            return true;
        }

        public void Take()
        {
            _job.Complete();  // it is: this gives the arrays back
            NativeArray<HeadVertex> made = _next;
            _next = _shown;
            _shown = made;
        }

        public void Upload(Mesh mesh, MeshUpdateFlags flags)
        {
            mesh.SetVertexBufferData(_shown, 0, 0, _shown.Length, 0, flags);
        }

        /// <summary>A job cannot be called off: what is left of it, less than a millisecond, is done first.</summary>
        public void Dispose()
        {
            _job.Complete();
            if (_basis != null)
            {
                _basis.Dispose();
                _basis = null;
            }
            if (!_made)
            {
                return;
            }
            _made = false;
            _cornersTx3.Dispose();
            _weldV.Dispose();
            _firstV.Dispose();
            _triangles.Dispose();
            _before.Dispose();
            _after.Dispose();
            _positionsVx3.Dispose();
            _faces.Dispose();
            _shown.Dispose();
            _next.Dispose();
        }

        private void Make()
        {
            if (_made)
            {
                return;
            }
            _made = true;
            _cornersTx3 = new NativeArray<int>(_around.CornersTx3, Allocator.Persistent);
            _weldV = new NativeArray<int>(_head.WeldV, Allocator.Persistent);
            _firstV = new NativeArray<int>(_around.FirstV, Allocator.Persistent);
            _triangles = new NativeArray<int>(_around.Around, Allocator.Persistent);
            _before = new NativeArray<byte>(6 * _head.VertexCount, Allocator.Persistent);
            _after = new NativeArray<byte>(6 * _head.VertexCount, Allocator.Persistent);
            _positionsVx3 = new NativeArray<float>(3 * _head.VertexCount, Allocator.Persistent);
            _faces = new NativeArray<float3>(_head.TriangleCount, Allocator.Persistent);
            _shown = new NativeArray<HeadVertex>(_head.VertexCount, Allocator.Persistent);
            _next = new NativeArray<HeadVertex>(_head.VertexCount, Allocator.Persistent);
        }

        private JobHandle Sum(Recipe recipe)
        {
            if (_basis == null || _basis.Of != recipe.Basis)
            {
                if (_basis != null)
                {
                    _basis.Dispose();
                }
                _basis = new NativeBasis(recipe.Basis);
            }
            NativeArray<float>.Copy(recipe.Coefficients, 0, _basis.Coefficients, 0, _basis.Coefficients.Length);
            return new SumJob
            {
                MeanVx3 = _basis.MeanVx3, Components = _basis.Components, Coefficients = _basis.Coefficients,
                Blocks = _basis.Blocks, PositionsVx3 = _positionsVx3,
            }.Schedule((_positionsVx3.Length + SumJob.Tile - 1) / SumJob.Tile, 1);
        }

        private JobHandle Dequantise(Recipe recipe)
        {
            Copy(recipe.Before, _before);
            Copy(recipe.After, _after);
            return new DequantiseJob
            {
                Before = _before, After = _after, Share = recipe.Share, PositionsVx3 = _positionsVx3,
                LowM = new float3(_head.LowM(0), _head.LowM(1), _head.LowM(2)),
                StepM = new float3(_head.StepM(0), _head.StepM(1), _head.StepM(2)),
            }.Schedule(_positionsVx3.Length, Batch);
        }

        private static void Copy(Bytes words, NativeArray<byte> into)
        {
            NativeArray<byte>.Copy(words.Array, words.Offset, into, 0, into.Length);
        }
    }
}
