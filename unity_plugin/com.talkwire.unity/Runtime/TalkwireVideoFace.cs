using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>The streamed texture on any material: a face that is a video, a screen, a mesh of your own.</summary>
    [AddComponentMenu("talkwire/Talkwire Video Face")]
    public sealed class TalkwireVideoFace : TalkwireNpc
    {
        [Tooltip("Empty: this object's.")]
        [SerializeField] private Renderer _renderer;

        [SerializeField] private int _materialIndex;

        [Tooltip("Empty: _BaseMap, _BaseColorMap or _MainTex, as the material has it.")]
        [SerializeField] private string _textureProperty = "";

        private readonly FaceTexture _texture = new FaceTexture();
        private MaterialPropertyBlock _block;
        private Renderer _painted;
        private Texture2D _shown;

        public Renderer Renderer
        {
            get { return _renderer != null ? _renderer : _renderer = GetComponent<Renderer>(); }
            set { _renderer = value; }
        }

        public string TextureProperty
        {
            get { return _textureProperty; }
            set { _textureProperty = value; }
        }

        /// <summary>For what has no Renderer, such as a RawImage. Another one now and then; null: none yet.</summary>
        public Texture2D Texture
        {
            get { return _texture.Texture; }
        }

        internal override TalkwireDetail Wanted
        {
            get { return TalkwireDetail.Weights; }
        }

        internal override bool WantsTexture
        {
            get { return true; }
        }

        protected override void Show(TalkwireStream stream, Picture picture)
        {
            if (!_texture.Show(stream.Player.Texture, picture))
            {
                stream.Patches = Topic.Patch;
            }
            Renderer renderer = Renderer;
            if (renderer == null || _texture.Texture == null || (_texture.Texture == _shown && renderer == _painted))
            {
                return;
            }
            _shown = _texture.Texture;
            _painted = renderer;
            _block = _block ?? new MaterialPropertyBlock();
            renderer.GetPropertyBlock(_block, _materialIndex);
            _block.SetTexture(FaceMaterial.Property(renderer.sharedMaterial, _textureProperty), _shown);
            renderer.SetPropertyBlock(_block, _materialIndex);
        }

        protected override void Clear()
        {
            if (_painted != null)
            {
                _painted.SetPropertyBlock(null, _materialIndex);
            }
            _painted = null;
            _shown = null;
            _texture.Destroy();
        }
    }
}
