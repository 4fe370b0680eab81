using System;
using Talkwire.Core;
using UnityEngine;
using UnityEngine.Rendering;

namespace Talkwire
{
    /// <summary>A head's pictures in Unity's space: one that is uploaded, and one that is made meanwhile by whoever can.
    /// </summary>
    /// <remarks>Main thread. It never computes, and waits for nobody.</remarks>
    internal sealed class HeadPose : IDisposable
    {
        public readonly Head Head;
        private readonly WorkerMaker _worker;
        private readonly IHeadMaker _fast;  // null: there is none
        private IHeadMaker _busy, _shown;
        private bool _shaped;

        public HeadPose(Head head)
        {
            Head = head;
            _fast = HeadMakers.Fast == null ? null : HeadMakers.Fast(head);
            _worker = new WorkerMaker(head, _fast);
        }

        /// <summary>How many pictures were taken.</summary>
        public int Count { get; private set; }

        /// <summary>Once one was taken.</summary>
        public HeadGeometry Geometry
        {
            get { return _worker.Geometry; }
        }

        /// <summary>Of the last one that was made by a thread of ours, in ms.</summary>
        public double WorkerMs
        {
            get { return _worker.TookMs; }
        }

        /// <summary>Whether nothing is being made, so that the player may be called.</summary>
        public bool IsDone
        {
            get { return _busy == null || _busy.IsDone; }
        }

        /// <summary>This picture, which the player presented last. Nobody calls the player until IsDone.</summary>
        public void Begin(Player player, Picture picture)
        {
            bool shaped = picture.VertexCount == Head.VertexCount;
            if (!shaped && !_shaped && Count > 0)
            {
                return;  // neutral already
            }
            _shaped = shaped;
            bool fast = shaped && Count > 0 && _fast != null && _fast.TryBegin(player);  // the first prepares it
            _busy = fast ? _fast : _worker;
            if (!fast)
            {
                _worker.TryBegin(shaped ? player : null);
            }
        }

        /// <summary>What is done is the one that is uploaded.</summary>
        public void Take()
        {
            if (_busy == null)
            {
                return;
            }
            _busy.Take();
            _shown = _busy;
            _busy = null;
            Count++;
        }

        public void Upload(Mesh mesh, MeshUpdateFlags flags)
        {
            _shown.Upload(mesh, flags);
        }

        public void Dispose()
        {
            _worker.Dispose();
            if (_fast != null)
            {
                _fast.Dispose();
            }
            _busy = null;
        }
    }
}
