using System;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
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

        public bool IsQ16
        {
            get { return !IsSum && _frame.Codec == "q16"; }
        }

        /// <summary>Of its own vertices, as they came.</summary>
        public Bytes Raw
        {
            get { return _frame.Vertices; }
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
}
