using System;
using System.Diagnostics;
using System.Threading;
using Talkwire.Core;
using UnityEngine;
using UnityEngine.Rendering;
using Debug = UnityEngine.Debug;

namespace Talkwire
{
    /// <summary>Makes a head's vertices and normals on one of PoseWorkers' threads, into the second of two arrays.
    /// </summary>
    internal sealed class WorkerMaker : IHeadMaker
    {
        private const int Idle = 0, Waiting = 1, Taken = 2, Gone = 3;

        private readonly Head _head;
        private readonly IHeadMaker _other;
        private VertexNormals _normals;
        private float[] _positionsVx3, _normalsVx3;
        private HeadVertex[] _shown, _made;
        private Player _player;
        private Exception _error;
        private int _state;

        /// <summary>other: is prepared with it; null for none.</summary>
        public WorkerMaker(Head head, IHeadMaker other)
        {
            _head = head;
            _other = other;
        }

        /// <summary>What never changes of it, once something was done.</summary>
        public HeadGeometry Geometry { get; private set; }

        /// <summary>What the last picture took of a worker, in ms.</summary>
        public double TookMs { get; private set; }

        public bool IsDone
        {
            get { return Volatile.Read(ref _state) == Idle; }
        }

        public void Prepare()
        {
            _normals = new VertexNormals(Wired.Of(_head));
            _positionsVx3 = new float[3 * _head.VertexCount];
            _normalsVx3 = new float[3 * _head.VertexCount];
            _shown = new HeadVertex[_head.VertexCount];
            _made = new HeadVertex[_head.VertexCount];
            Geometry = new HeadGeometry(_head);
            if (_other != null)
            {
                _other.Prepare();
            }
        }

        /// <summary>player: null for the neutral head.</summary>
        public bool TryBegin(Player player)
        {
            _player = player;
            Volatile.Write(ref _state, Waiting);
            TalkwireHub.Workers.Offer(this);
            return true;
        }

        /// <summary>A worker: makes it, where it is still wanted.</summary>
        public void Run()
        {
            if (Interlocked.CompareExchange(ref _state, Taken, Waiting) != Waiting)
            {
                return;
            }
            try
            {
                long began = Stopwatch.GetTimestamp();
                Make();
                TookMs = (Stopwatch.GetTimestamp() - began) * 1e3 / Stopwatch.Frequency;
            }
            catch (Exception error)  // it would end the process; the main thread tells it
            {
                _error = error;
            }
            finally
            {
                Interlocked.CompareExchange(ref _state, Idle, Taken);
            }
        }

        public void Take()
        {
            HeadVertex[] made = _made;
            _made = _shown;
            _shown = made;
            if (_error != null)
            {
                Debug.LogException(_error);
                _error = null;
            }
        }

        public void Upload(Mesh mesh, MeshUpdateFlags flags)
        {
            mesh.SetVertexBufferData(_shown, 0, 0, _shown.Length, 0, flags);
        }

        /// <summary>Waits for nobody: a worker that is at it ends it, and has what it writes to for itself.</summary>
        public void Dispose()
        {
            Interlocked.Exchange(ref _state, Gone);
        }

        private void Make()
        {
            if (_normals == null)
            {
                Prepare();
            }
            float[] at = _positionsVx3, normals = _normalsVx3;
            if (_player == null || !_player.Vertices(at))
            {
                Buffer.BlockCopy(_head.NeutralVx3, 0, at, 0, 4 * at.Length);
            }
            _normals.Compute(at, normals);
            HeadVertex[] made = _made;
            for (int v = 0, i = 0; v < made.Length; v++, i += 3)  // AxisMap.Unity, in one turn
            {
                made[v].Position = new Vector3(-at[i], at[i + 1], at[i + 2]);
                made[v].Normal = new Vector3(-normals[i], normals[i + 1], normals[i + 2]);
            }
        }
    }
}
