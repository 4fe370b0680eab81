using System;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
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

        internal bool Is(KeptTexture other)
        {
            bool same = other.TopologyId == TopologyId && other.Format == Format && other.Image.Length == Image.Length
                && other.WidthPx == WidthPx && other.HeightPx == HeightPx;
            for (int i = 0; same && i < Image.Length; i++)
            {
                same = other.Image[i] == Image[i];
            }
            return same;
        }
    }
}
