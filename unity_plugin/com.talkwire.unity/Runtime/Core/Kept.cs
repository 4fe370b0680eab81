using System;
using System.Collections.Generic;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>Something that several hold, and whose memory is used again when nobody does. Messages are views into a
    /// buffer that is received into again; what is kept of them is copied.</summary>
    public abstract class Kept
    {
        private int _holders;

        internal void Hold()
        {
            _holders++;
        }

        internal void Release()
        {
            if (--_holders == 0)
            {
                Free();
            }
        }

        internal abstract void Free();
    }

    /// <summary>What is free of a kind. It keeps a second's worth; beyond, memory goes back.</summary>
    internal sealed class Pool<T> where T : class
    {
        private const int Most = 64;

        private readonly Stack<T> _free = new Stack<T>();

        public T Take()
        {
            return _free.Count > 0 ? _free.Pop() : null;
        }

        public void Give(T item)
        {
            if (_free.Count < Most)
            {
                _free.Push(item);
            }
        }
    }

    /// <summary>One moment of an utterance: what a Frame or Coefficients said.</summary>
    internal sealed class KeptFrame : Kept
    {
        private const int Step = 4096;  // bytes: frames of delta8 all differ a little

        public readonly Face Face = new Face();

        /// <summary>Whether it has no vertices of its own, but coefficients of a basis.</summary>
        public bool IsSum;

        /// <summary>Of a sum: its own and then the 52 weights, CoefficientCount of them.</summary>
        public float[] Coefficients = new float[Limits.WeightCount];
        public int CoefficientCount;

        private readonly FramePool _pool;
        private readonly Frame _frame = new Frame();
        private byte[] _bytes = { };
        private Stamp _stamp;
        private float[] _decoded;
        private object _decodedFor;  // a head, or of a sum a basis

        public KeptFrame(FramePool pool)
        {
            _pool = pool;
        }

        public long Pts
        {
            get { return _stamp.Pts; }
        }

        public string TopologyId
        {
            get { return _stamp.TopologyId; }
        }

        public void Keep(Frame frame)
        {
            _stamp = frame.Stamp;
            IsSum = false;
            Face.Read(frame);
            int size = frame.Vertices.Count;
            _bytes = _bytes.Length >= size ? _bytes : new byte[(size + Step - 1) / Step * Step];
            frame.Vertices.CopyTo(_bytes, size);
            _frame.Stamp = frame.Stamp;
            _frame.Codec = frame.Codec;
            _frame.VertexCount = frame.VertexCount;
            _frame.Vertices = new Bytes(_bytes, 0, size);
        }

        public void Keep(Coefficients frame)
        {
            _stamp = frame.Stamp;
            IsSum = true;
            Face.Read(frame);
            int own = frame.Own.Count / 2;
            CoefficientCount = own + Limits.WeightCount;
            Coefficients = Coefficients.Length >= CoefficientCount ? Coefficients : new float[CoefficientCount];
            Half.ToFloats(frame.Own, Coefficients);
            Array.Copy(Face.Weights, 0, Coefficients, own, Limits.WeightCount);
        }

        /// <summary>Whether it says where the vertices of this head are.</summary>
        public bool Fits(Head head, BasisSum basis)
        {
            if (!IsSum)
            {
                return _frame.VertexCount == head.VertexCount && TopologyId == head.TopologyId;
            }
            return basis != null && basis.TopologyId == TopologyId && basis.Count == head.VertexCount
                && basis.CoefficientCount == CoefficientCount;
        }

        /// <summary>The vertices, which are computed once; those of the neutral head where they are broken.</summary>
        public float[] Vertices(Head head, BasisSum basis, ref Problem problem)
        {
            object wanted = IsSum ? (object)basis : head;
            if (_decodedFor == wanted)
            {
                return _decoded;
            }
            Forget();
            _decoded = _pool.Vertices(head.VertexCount);
            _decodedFor = wanted;
            if (IsSum)
            {
                basis.Sum(Coefficients, _decoded);
                return _decoded;
            }
            Problem broken = head.Decoder.Decode(_frame, _decoded);
            if (broken != null)
            {
                problem = broken;
                Array.Copy(head.NeutralVx3, _decoded, _decoded.Length);
            }
            return _decoded;
        }

        internal override void Free()
        {
            Forget();
            _pool.Give(this);
        }

        private void Forget()
        {
            _pool.Give(_decoded);
            _decoded = null;
            _decodedFor = null;
        }
    }

    /// <summary>Frames and arrays of vertices to be used again.</summary>
    internal sealed class FramePool
    {
        private readonly Pool<KeptFrame> _frames = new Pool<KeptFrame>();
        private readonly Pool<float[]> _vertices = new Pool<float[]>();

        public KeptFrame Take()
        {
            return _frames.Take() ?? new KeptFrame(this);
        }

        public void Give(KeptFrame frame)
        {
            _frames.Give(frame);
        }

        /// <summary>x, y, z of so many vertices, of any value. Arrays for another head are let go.</summary>
        public float[] Vertices(int count)
        {
            float[] vertices = _vertices.Take();
            while (vertices != null && vertices.Length != 3 * count)
            {
                vertices = _vertices.Take();
            }
            return vertices ?? new float[3 * count];
        }

        public void Give(float[] vertices)
        {
            if (vertices != null)
            {
                _vertices.Give(vertices);
            }
        }
    }

    /// <summary>The rectangles of the texture that change with the expression, at one moment.</summary>
    public sealed class KeptPatch : Kept
    {
        private readonly Pool<KeptPatch> _pool;
        private readonly PatchRectangle[] _rectangles = new PatchRectangle[Limits.MaxPatches];
        private byte[] _images = { };

        internal KeptPatch(Pool<KeptPatch> pool)
        {
            _pool = pool;
        }

        public long Utterance { get; private set; }

        /// <summary>The moment, in samples of the utterance.</summary>
        public long Pts { get; private set; }

        /// <summary>How many rectangles there are.</summary>
        public int Count { get; private set; }

        /// <summary>Its image is valid as long as the picture that has the patch is shown.</summary>
        public PatchRectangle this[int index]
        {
            get { return _rectangles[index]; }
        }

        internal void Keep(Patch patch)
        {
            Utterance = patch.Stamp.Utterance;
            Pts = patch.Stamp.Pts;
            Count = patch.Patches.Count;
            int size = 0, used = 0;
            for (int i = 0; i < Count; i++)
            {
                size += patch.Patches[i].Image.Count;
            }
            _images = _images.Length >= size ? _images : new byte[size + size / 4];
            for (int i = 0; i < Count; i++)
            {
                PatchRectangle rectangle = patch.Patches[i];
                Bytes image = rectangle.Image;
                Buffer.BlockCopy(image.Array, image.Offset, _images, used, image.Count);
                rectangle.Image = new Bytes(_images, used, image.Count);
                _rectangles[i] = rectangle;
                used += image.Count;
            }
        }

        internal override void Free()
        {
            _pool.Give(this);
        }
    }

    /// <summary>The image that the UVs index.</summary>
    public sealed class KeptTexture
    {
        public readonly string TopologyId, Format;  // png, jpeg, bc1
        public readonly byte[] Image;
        public readonly int WidthPx, HeightPx;  // of bc1; a file says its own

        internal KeptTexture(Texture texture)
        {
            TopologyId = texture.TopologyId;
            Format = texture.Format;
            Image = texture.Image.ToArray();
            WidthPx = texture.WidthPx;
            HeightPx = texture.HeightPx;
        }

        internal bool Is(Texture texture)
        {
            bool same = texture.TopologyId == TopologyId && texture.Format == Format && texture.Image.Count == Image.Length
                && texture.WidthPx == WidthPx && texture.HeightPx == HeightPx;
            for (int i = 0; same && i < Image.Length; i++)
            {
                same = texture.Image[i] == Image[i];
            }
            return same;
        }
    }
}
