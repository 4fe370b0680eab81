using System;
using System.Runtime.InteropServices;
using Talkwire.Core;
using UnityEngine;
using UnityEngine.Rendering;

namespace Talkwire
{
    /// <summary>What changes of a vertex, as the mesh's first stream has it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct HeadVertex
    {
        public Vector3 Position, Normal;
    }

    /// <summary>Who makes the vertices of one head's pictures away from the main thread, which calls all of this but
    /// Prepare.</summary>
    internal interface IHeadMaker : IDisposable
    {
        /// <summary>A thread of ours, once, before anything is begun.</summary>
        void Prepare();

        /// <summary>Begins the picture that the player presented last. False: it cannot make this one. Nobody calls the
        /// player before it is done.</summary>
        bool TryBegin(Player player);

        bool IsDone { get; }

        /// <summary>What is done is uploaded from now on, and another may be begun.</summary>
        void Take();

        void Upload(Mesh mesh, MeshUpdateFlags flags);
    }

    /// <summary>Where another assembly of this package offers to make heads faster.</summary>
    internal static class HeadMakers
    {
        /// <summary>Null: our own threads make them all. What it cannot make is still theirs.</summary>
        public static Func<Head, IHeadMaker> Fast { get; set; }
    }
}
