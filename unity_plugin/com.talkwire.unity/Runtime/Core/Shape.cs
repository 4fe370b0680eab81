using System;

namespace Talkwire.Core
{
    /// <summary>How the vertices of a picture come about, to be computed when somebody wants them: those of a frame, or
    /// between two; the neutral head; or ones that were kept. On the way of a fade they are mixed with others.</summary>
    internal struct Shape
    {
        private Head _head;  // null: there are no vertices
        private BasisSum _basis;  // as it was when the frames were shown
        private KeptFrame _before, _after;  // null: neutral, or kept
        private float _share;  // of the way from _before to _after
        private Still _still;
        private Still _from;  // of a fade,
        private float _fromShare;  // and of the way from there

        public int VertexCount
        {
            get { return _head != null ? _head.VertexCount : 0; }
        }

        public static Shape Neutral(Head head)
        {
            var shape = default(Shape);
            shape._head = head;
            return shape;
        }

        /// <summary>Between two frames. One that does not say where the vertices of this head are is left out; where it is
        /// the second, there are none.</summary>
        public static Shape Between(KeptFrame before, KeptFrame after, double share, Head head, BasisSum basis)
        {
            var shape = default(Shape);
            if (head == null || !after.Fits(head, basis))
            {
                return shape;
            }
            shape._head = head;
            shape._basis = basis;
            shape._before = before.Fits(head, basis) ? before : after;
            shape._after = share > 0 ? after : shape._before;
            shape._share = (float)share;
            return shape;
        }

        /// <summary>`into` is `shape` from now on. What both hold is given back when nobody else holds it.</summary>
        public static void Set(ref Shape into, Shape shape)
        {
            Shape old = into;
            shape.Hold();
            into = shape;
            old.Release();
        }

        /// <summary>This one, kept as it is.</summary>
        public Shape Frozen(PoseMemory memory)
        {
            if (_head == null || (_still != null && _from == null))
            {
                return this;
            }
            if (_still != null)  // what it is made of is computed now, so that fades do not pile up
            {
                _still.Vertices();
            }
            if (_from != null)
            {
                _from.Vertices();
            }
            Shape frozen = Neutral(_head);
            frozen._still = memory.Freeze(this);
            return frozen;
        }

        /// <summary>On the way from a frozen one to this one. Just this one where there is nothing to mix it with.</summary>
        public Shape Towards(Shape frozen, float share, PoseMemory memory)
        {
            Still from = frozen._still;
            if (share == 1 || from == null || frozen.VertexCount != VertexCount || (_still == from && _from == null))
            {
                return this;
            }
            if (share == 0)
            {
                return frozen;
            }
            Shape shape = _from == null || _from == from ? this : Frozen(memory);
            shape._fromShare = shape._from == from ? shape._fromShare * share : share;  // a held picture is under way itself
            shape._from = from;
            return shape;
        }

        /// <summary>x, y, z of the vertices in metres, to the first 3 * VertexCount floats.</summary>
        public void Compute(float[] into, PoseMemory memory)
        {
            int count = 3 * VertexCount;
            if (_still != null)
            {
                Buffer.BlockCopy(_still.Vertices(), 0, into, 0, 4 * count);
            }
            else if (_before == null)
            {
                Buffer.BlockCopy(_head.NeutralVx3, 0, into, 0, 4 * count);
            }
            else
            {
                ComputeFrames(into, count, memory);
            }
            if (_from != null)
            {
                Mix.Arrays(_from.Vertices(), into, _fromShare, count, into);
            }
        }

        private void ComputeFrames(float[] into, int count, PoseMemory memory)
        {
            bool same = _before == _after;
            if (_before.IsSum && _after.IsSum)  // a basis is multiplied once: the sum of a mix is the mix of sums
            {
                float[] mixed = memory.Coefficients;
                Mix.Arrays(_before.Coefficients, _after.Coefficients, same ? 0 : _share, _before.CoefficientCount, mixed);
                _basis.Sum(mixed, into);
                return;
            }
            float[] before = _before.Vertices(_head, _basis, ref memory.Problem);
            float[] after = same ? before : _after.Vertices(_head, _basis, ref memory.Problem);
            Mix.Arrays(before, after, same ? 0 : _share, count, into);
        }

        private void Hold()
        {
            if (_before != null)
            {
                _before.Hold();
                _after.Hold();
            }
            if (_still != null)
            {
                _still.Hold();
            }
            if (_from != null)
            {
                _from.Hold();
            }
        }

        private void Release()
        {
            if (_before != null)
            {
                _before.Release();
                _after.Release();
            }
            if (_still != null)
            {
                _still.Release();
            }
            if (_from != null)
            {
                _from.Release();
            }
        }
    }
    /// <summary>Vertices that are kept as they were at one moment. They are computed when they are wanted first, and the
    /// frames that they are made of are held till then.</summary>
    internal sealed class Still : Kept
    {
        private readonly PoseMemory _memory;
        private Shape _shape;
        private float[] _vertices;

        public Still(PoseMemory memory)
        {
            _memory = memory;
        }

        public void Keep(Shape shape)
        {
            Shape.Set(ref _shape, shape);
        }

        public float[] Vertices()
        {
            if (_vertices == null)
            {
                _vertices = _memory.Frames.Vertices(_shape.VertexCount);
                _shape.Compute(_vertices, _memory);
                Shape.Set(ref _shape, default(Shape));
            }
            return _vertices;
        }

        internal override void Free()
        {
            _memory.Frames.Give(_vertices);
            _vertices = null;
            Shape.Set(ref _shape, default(Shape));
            _memory.Give(this);
        }
    }

    /// <summary>What poses are made in: memory that is used again.</summary>
    internal sealed class PoseMemory
    {
        public readonly FramePool Frames = new FramePool();

        /// <summary>The last frame that could not be decoded.</summary>
        public Problem Problem;

        private readonly Pool<Still> _stills = new Pool<Still>();
        private readonly float[] _coefficients = new float[Limits.MaxComponents + Limits.WeightCount];

        public Still Freeze(Shape shape)
        {
            Still still = _stills.Take() ?? new Still(this);
            still.Keep(shape);
            return still;
        }

        public void Give(Still still)
        {
            _stills.Give(still);
        }

        public float[] Coefficients
        {
            get { return _coefficients; }
        }
    }

    /// <summary>Linear: share 0 is a and share 1 is b.</summary>
    internal static class Mix
    {
        /// <summary>The first `count` of both. `into` may be one of them.</summary>
        public static void Arrays(float[] a, float[] b, float share, int count, float[] into)
        {
            if (share == 0 || share == 1)
            {
                Buffer.BlockCopy(share == 0 ? a : b, 0, into, 0, 4 * count);
                return;
            }
            for (int i = 0; i < count; i++)
            {
                into[i] = a[i] + (b[i] - a[i]) * share;
            }
        }

        public static void Copy(Face from, Face into)
        {
            Arrays(from.Weights, from.Weights, 0, Limits.WeightCount, into.Weights);
            Arrays(from.HeadRotation, from.HeadRotation, 0, 4, into.HeadRotation);
            Arrays(from.HeadTranslationM, from.HeadTranslationM, 0, 3, into.HeadTranslationM);
        }

        /// <summary>Expression by one share, the head by another.</summary>
        public static void Faces(Face a, Face b, float faceShare, float headShare, Face into)
        {
            Arrays(a.Weights, b.Weights, faceShare, Limits.WeightCount, into.Weights);
            Arrays(a.HeadRotation, b.HeadRotation, headShare, 4, into.HeadRotation);
            Arrays(a.HeadTranslationM, b.HeadTranslationM, headShare, 3, into.HeadTranslationM);
            float[] r = into.HeadRotation;
            double norm = Math.Sqrt((double)r[0] * r[0] + (double)r[1] * r[1] + (double)r[2] * r[2] + (double)r[3] * r[3]);
            if (norm < 1e-6)  // half way between two heads that look away from each other
            {
                Arrays(b.HeadRotation, b.HeadRotation, 1, 4, r);
                return;
            }
            for (int i = 0; i < 4; i++)
            {
                r[i] = (float)(r[i] / norm);
            }
        }
    }
}
