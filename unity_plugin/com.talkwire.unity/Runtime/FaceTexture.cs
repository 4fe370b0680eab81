using System;
using System.Collections.Generic;
using Talkwire.Core;
using Talkwire.Core.Wire;
using UnityEngine;

namespace Talkwire
{
    /// <summary>The streamed texture: loaded once, then changed in rectangles. Textures that rectangles pass through
    /// are made once for each size, as making one takes Unity milliseconds.</summary>
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

        /// <summary>As this picture has it. False: what has come is none that this machine can show, and JPEG is
        /// wanted.</summary>
        public bool Show(KeptTexture texture, Picture picture)
        {
            bool shown = true;
            if (texture != null && texture != _loaded)
            {
                _loaded = texture;
                _patch = null;
                shown = Load(texture);
            }
            ApplyPatches(picture);
            return shown;
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

        private void ApplyPatches(Picture picture)
        {
            KeptPatch patch = picture.Patch;
            if (Texture == null || patch == null || !PatchPlane.CanCopy)
            {
                return;
            }
            bool ofMoment = patch.Pts == _pts && patch.Utterance == _utterance && picture.Generation == _generation;
            if (patch == _patch && ofMoment)  // it may be another one in the same memory
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

        private bool Load(KeptTexture kept)
        {
            bool raw = kept.Format == "bc1";
            int wide = kept.WidthPx, high = kept.HeightPx;
            if (raw && !(Bc1.IsWhole(wide, high) && SystemInfo.SupportsTextureFormat(TextureFormat.DXT1)))
            {
                return false;
            }
            Texture2D made = raw ? New(wide, high, TextureFormat.DXT1) : New(4, 4, TextureFormat.RGB24);
            if (raw)
            {
                LoadBlocks(made, new Bytes(kept.Image), wide, high);
            }
            else if (!made.LoadImage(kept.Image, false))
            {
                Debug.LogWarning("talkwire: Unity cannot read a texture, " + kept.Image.Length + " bytes of " + kept.Format);
                Disposal.Of(made);
                return true;
            }
            Disposal.Of(Texture);
            Texture = made;
            return true;
        }

        private void Apply(PatchRectangle patch)
        {
            bool blocks = patch.Format == "bc1", areBlocks = Texture.format == TextureFormat.DXT1;
            int top = Texture.height - patch.Top - patch.Height;
            bool inside = top >= 0 && patch.Left + patch.Width <= Texture.width;
            bool whole = !blocks || (Bc1.IsWhole(patch.Left, top) && Bc1.IsWhole(patch.Width, patch.Height));
            if (!inside || !whole || blocks != areBlocks)
            {
                return;  // of another texture, which comes or has gone
            }
            Texture2D scratch = Through(patch);
            if (blocks)
            {
                LoadBlocks(scratch, patch.Image, patch.Width, patch.Height);
            }
            else if (patch.Format == "rgb")
            {
                LoadRows(scratch, patch.Image, 3 * patch.Width);
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

        // the picture's lowest row is Unity's first
        private void LoadRows(Texture2D into, Bytes rows, int row)
        {
            Reserve(rows.Count);
            for (int from = 0, to = rows.Count - row; to >= 0; from += row, to -= row)
            {
                Buffer.BlockCopy(rows.Array, rows.Offset + from, _bytes, to, row);
            }
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
                Scratch one = _scratch[i];
                if (one.Width == patch.Width && one.Height == patch.Height && one.Format == patch.Format)
                {
                    return one.Texture;
                }
            }
            TextureFormat format = patch.Format == "bc1" ? TextureFormat.DXT1 : TextureFormat.RGB24;
            Texture2D made = New(patch.Width, patch.Height, format);
            _scratch.Add(new Scratch
            {
                Width = patch.Width, Height = patch.Height, Format = patch.Format, Texture = made,
            });
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
                name = "talkwire", hideFlags = Disposal.Unsaved, wrapMode = TextureWrapMode.Clamp,
            };
        }
    }
}
