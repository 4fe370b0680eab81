using System;
using System.Runtime.InteropServices;
using System.Threading;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>What changes of a vertex, as the mesh's first stream has it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct HeadVertex
    {
        public Vector3 Position, Normal;
    }

    /// <summary>A picture's vertices and normals in Unity's space. Begun in Update, done by whoever comes first: a
    /// worker, or the main thread in LateUpdate.</summary>
    internal sealed class HeadPose : IDisposable
    {
        private const int Idle = 0, Waiting = 1, Taken = 2;
        private const long PatienceNs = 2000000;  // for a worker that is at it; then the last picture stays for a frame

        public readonly Head Head;
        private readonly VertexNormals _normals;
        private readonly float[] _positionsVx3, _normalsVx3;
        private readonly HeadVertex[] _vertices;
        private Player _player;
        private bool _shaped;
        private int _state;

        public HeadPose(Head head)
        {
            Head = head;
            _normals = new VertexNormals(Wired.Of(head));
            _positionsVx3 = new float[3 * head.VertexCount];
            _normalsVx3 = new float[3 * head.VertexCount];
            _vertices = new HeadVertex[head.VertexCount];
        }

        /// <summary>Valid between Finish and Begin.</summary>
        public HeadVertex[] Vertices
        {
            get { return _vertices; }
        }

        /// <summary>How often another shape was computed.</summary>
        public int Count { get; private set; }

        /// <summary>The main thread: this picture, which the player presented last. Nobody calls the player until
        /// Finish.</summary>
        public void Begin(Player player, Picture picture)
        {
            bool shaped = picture.VertexCount == Head.VertexCount;
            if (!shaped && !_shaped && Count > 0)
            {
                return;  // neutral already
            }
            _player = player;
            _shaped = shaped;
            Volatile.Write(ref _state, Waiting);
            TalkwireHub.Workers.Offer(this);
        }

        /// <summary>Computes it, where nobody has begun.</summary>
        public bool TryRun()
        {
            if (Interlocked.CompareExchange(ref _state, Taken, Waiting) != Waiting)
            {
                return false;
            }
            try
            {
                Compute();
            }
            finally
            {
                Volatile.Write(ref _state, Idle);
            }
            return true;
        }

        /// <summary>The main thread: whether it is done.</summary>
        public bool Finish()
        {
            if (TryRun() || Volatile.Read(ref _state) == Idle)
            {
                return true;
            }
            long untilNs = Clock.NowNs + PatienceNs;
            while (Volatile.Read(ref _state) != Idle && Clock.NowNs < untilNs)
            {
                Thread.SpinWait(20);  // never a sleep, which may be long
            }
            return Volatile.Read(ref _state) == Idle;
        }

        public void Dispose()
        {
            Finish();
        }

        private void Compute()
        {
            if (!_shaped || !_player.Vertices(_positionsVx3))
            {
                Buffer.BlockCopy(Head.NeutralVx3, 0, _positionsVx3, 0, 4 * _positionsVx3.Length);
            }
            _normals.Compute(_positionsVx3, _normalsVx3);
            AxisMap.Unity.Positions(_positionsVx3, Head.VertexCount, _positionsVx3);
            AxisMap.Unity.Directions(_normalsVx3, Head.VertexCount, _normalsVx3);
            HeadVertex[] vertices = _vertices;
            for (int v = 0, i = 0; v < vertices.Length; v++, i += 3)
            {
                vertices[v].Position = new Vector3(_positionsVx3[i], _positionsVx3[i + 1], _positionsVx3[i + 2]);
                vertices[v].Normal = new Vector3(_normalsVx3[i], _normalsVx3[i + 1], _normalsVx3[i + 2]);
            }
            Count++;
        }
    }
}
