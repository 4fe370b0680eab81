using System;

namespace Talkwire.Core
{
    /// <summary>Vertices that are kept as they were at one moment. They are computed when they are wanted first, and
    /// the frames that they are made of are held till then.</summary>
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
            double x = r[0], y = r[1], z = r[2], w = r[3], norm = Math.Sqrt(x * x + y * y + z * z + w * w);
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
