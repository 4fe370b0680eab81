using System;
using System.Collections.Generic;
using Talkwire.Core;
using Talkwire.Core.Wire;
using UnityEngine;

namespace Talkwire
{
    /// <summary>The streamed texture: loaded once, then changed in rectangles. Textures that rectangles pass through are made
    /// once for each size, as making one takes Unity milliseconds.</summary>
    internal sealed class FaceTexture
    {
        private readonly List<Scratch> _scratch = new List<Scratch>();
        private KeptTexture _loaded;
        private KeptPatch _patch;
        private long _utterance, _generation, _pts = -1;
        private byte[] _bytes = new byte[0];

        private struct Scratch
        {
            public int Width, Height;
            public string Format;
            public Texture2D Texture;
        }

        /// <summary>Null: none has come yet.</summary>
        public Texture2D Texture { get; private set; }

        /// <summary>The texture of this picture.</summary>
        public void Show(TalkwireStream stream, Picture picture)
        {
            KeptTexture texture = stream.Player.Texture;
            if (texture != null && texture != _loaded)
            {
                _loaded = texture;
                _patch = null;
                if (!Load(texture))
                {
                    stream.Patches = Topic.Patch;  // as JPEG, of any size
                }
            }
            KeptPatch patch = picture.Patch;
            bool same = patch == _patch
                && (patch == null || patch.Pts == _pts && patch.Utterance == _utterance && picture.Generation == _generation);
            if (Texture == null || patch == null || same || !PatchPlane.CanCopy)
            {
                return;
            }
            _patch = patch;
            _pts = patch.Pts;
            _utterance = patch.Utterance;
            _generation = picture.Generation;
            for (int i = 0; i < patch.Count; i++)
            {
                Apply(patch[i]);
            }
        }

        public void Destroy()
        {
            Disposal.Of(Texture);
            for (int i = 0; i < _scratch.Count; i++)
            {
                Disposal.Of(_scratch[i].Texture);
            }
            _scratch.Clear();
            Texture = null;
            _loaded = null;
            _patch = null;
        }

        private bool Load(KeptTexture kept)
        {
            bool raw = kept.Format == "bc1";
            if (raw && !(Bc1.IsWhole(kept.WidthPx, kept.HeightPx) && SystemInfo.SupportsTextureFormat(TextureFormat.DXT1)))
            {
                return false;
            }
            Texture2D made = raw ? New(kept.WidthPx, kept.HeightPx, TextureFormat.DXT1) : New(4, 4, TextureFormat.RGB24);
            if (raw)
            {
                LoadBlocks(made, new Bytes(kept.Image), kept.WidthPx, kept.HeightPx);
            }
            else if (!made.LoadImage(kept.Image, false))
            {
                Debug.LogWarning("talkwire: Unity cannot read the texture, a " + kept.Format + " of " + kept.Image.Length + " bytes");
                Disposal.Of(made);
                return true;
            }
            Disposal.Of(Texture);
            Texture = made;
            return true;
        }

        private void Apply(PatchRectangle patch)
        {
            bool raw = patch.Format == "bc1", isRaw = Texture.format == TextureFormat.DXT1;
            int top = Texture.height - patch.Top - patch.Height;
            bool inside = top >= 0 && patch.Left + patch.Width <= Texture.width;
            bool whole = !raw || (Bc1.IsWhole(patch.Left, top) && Bc1.IsWhole(patch.Width, patch.Height));
            if (!inside || !whole || raw != isRaw)
            {
                return;  // of another texture, which comes or has gone
            }
            Texture2D scratch = Through(patch);
            if (raw)
            {
                LoadBlocks(scratch, patch.Image, patch.Width, patch.Height);
            }
            else if (!LoadImage(scratch, patch.Image) || scratch.width != patch.Width || scratch.height != patch.Height)
            {
                return;
            }
            if (scratch.format != Texture.format)
            {
                Texture = As(scratch.format);
            }
            Graphics.CopyTexture(scratch, 0, 0, 0, 0, patch.Width, patch.Height, Texture, 0, 0, patch.Left, top);
        }

        private void LoadBlocks(Texture2D into, Bytes blocks, int widthPx, int heightPx)
        {
            int size = Bc1.Size(widthPx, heightPx);
            Reserve(size);
            Bc1.Flip(blocks, widthPx, heightPx, _bytes);
            into.SetPixelData(_bytes, 0, 0);
            into.Apply(false, false);
        }

        // what follows the end of the image in the buffer is of an earlier one, and read by nobody
        private bool LoadImage(Texture2D into, Bytes image)
        {
            Reserve(image.Count);
            Buffer.BlockCopy(image.Array, image.Offset, _bytes, 0, image.Count);
            return into.LoadImage(_bytes, false);
        }

        private void Reserve(int size)
        {
            if (_bytes.Length < size)
            {
                _bytes = new byte[size + size / 4];
            }
        }

        private Texture2D Through(PatchRectangle patch)
        {
            for (int i = 0; i < _scratch.Count; i++)
            {
                if (_scratch[i].Width == patch.Width && _scratch[i].Height == patch.Height && _scratch[i].Format == patch.Format)
                {
                    return _scratch[i].Texture;
                }
            }
            TextureFormat format = patch.Format == "bc1" ? TextureFormat.DXT1 : TextureFormat.RGB24;
            Texture2D made = New(patch.Width, patch.Height, format);
            _scratch.Add(new Scratch { Width = patch.Width, Height = patch.Height, Format = patch.Format, Texture = made });
            return made;
        }

        // a PNG is read as ARGB32 and a JPEG as RGB24, between which Unity does not copy
        private Texture2D As(TextureFormat format)
        {
            Texture2D made = New(Texture.width, Texture.height, format);
            made.SetPixels32(Texture.GetPixels32());
            made.Apply(false, false);
            Disposal.Of(Texture);
            return made;
        }

        private static Texture2D New(int widthPx, int heightPx, TextureFormat format)
        {
            return new Texture2D(widthPx, heightPx, format, false, false)
            {
                name = "talkwire", hideFlags = HideFlags.DontSave, wrapMode = TextureWrapMode.Clamp,
            };
        }
    }
}
