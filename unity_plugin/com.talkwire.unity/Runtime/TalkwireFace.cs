using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>What a face costs by distance.</summary>
    public enum FaceDetail
    {
        /// <summary>Vertices near the camera, a basis farther away, and only the head's pose where nobody sees
        /// lips.</summary>
        ByDistance,
        Vertices,
        Basis,
    }

    /// <summary>A streamed head on this object, looking along its +Z.</summary>
    [AddComponentMenu("talkwire/Talkwire Face")]
    [DisallowMultipleComponent]
    public sealed class TalkwireFace : TalkwireNpc
    {
        private const float LookEveryS = 0.5f, Hysteresis = 1.2f;

        [Tooltip("Of your render pipeline. Empty: Unity's own, which a built player of URP or HDRP has not.")]
        [SerializeField] private Material _material;

        [Tooltip("Where the texture goes. Empty: _BaseMap, _BaseColorMap or _MainTex, as the material has it.")]
        [SerializeField] private string _textureProperty = "";

        [SerializeField] private FaceDetail _detail = FaceDetail.ByDistance;

        [Tooltip("From here on, in metres, as a basis.")]
        [SerializeField] private float _basisBeyond = 3;

        [Tooltip("From here on, in metres, the head's pose alone.")]
        [SerializeField] private float _poseBeyond = 20;

        private readonly FaceTexture _texture = new FaceTexture();
        private HeadView _view;
        private Material _made, _propertyOf;
        private string _propertyName;
        private int _property;
        private TalkwireDetail _wanted = TalkwireDetail.Vertices;
        private float _lookedS = -LookEveryS;

        public Material Material
        {
            get { return _material; }
            set { _material = value; }
        }

        public string TextureProperty
        {
            get { return _textureProperty; }
            set { _textureProperty = value; }
        }

        public FaceDetail Detail
        {
            get { return _detail; }
            set { _detail = value; }
        }

        /// <summary>The mesh that moves; null: none yet.</summary>
        public Mesh Mesh
        {
            get { return _view == null ? null : _view.Mesh; }
        }

        /// <summary>The object that carries it and the head's pose; null: none yet.</summary>
        public Transform Head
        {
            get { return _view == null ? null : _view.Transform; }
        }

        public Texture2D Texture
        {
            get { return _texture.Texture; }
        }

        internal override TalkwireDetail Wanted
        {
            get
            {
                if (_detail != FaceDetail.ByDistance)
                {
                    return _detail == FaceDetail.Basis ? TalkwireDetail.Basis : TalkwireDetail.Vertices;
                }
                float nowS = Time.realtimeSinceStartup;
                if (nowS - _lookedS >= LookEveryS)
                {
                    _lookedS = nowS;
                    _wanted = ByDistance(_wanted);
                }
                return _wanted;
            }
        }

        internal override bool WantsTexture
        {
            get { return true; }
        }

        internal override bool ShowsVertices
        {
            get { return true; }
        }

        protected override Vector3 EyesInWorld
        {
            get
            {
                return _view == null ? transform.position : _view.Transform.TransformPoint(_view.Mesh.bounds.center);
            }
        }

        protected override void Show(TalkwireStream stream, Picture picture)
        {
            if (stream.Pose == null || stream.Pose.Count == 0)
            {
                return;
            }
            _view = _view ?? new HeadView(transform);
            _view.Show(stream.Pose, picture.Face);
            if (!_texture.Show(stream.Player.Texture, picture))
            {
                stream.Patches = Topic.Patch;
            }
            Material material = _material != null ? _material : Made();
            if (material != _propertyOf || _textureProperty != _propertyName)
            {
                _propertyOf = material;
                _propertyName = _textureProperty;
                _property = FaceMaterial.Property(material, _textureProperty);
            }
            _view.Paint(material, _texture.Texture, _property);
        }

        protected override void Clear()
        {
            if (_view != null)
            {
                _view.Destroy();
                _view = null;
            }
            _texture.Destroy();
            Disposal.Of(_made);
            _made = null;
        }

        private Material Made()
        {
            return _made != null ? _made : _made = FaceMaterial.New();
        }

        /// <summary>One that has little stays with it a little longer, so that it does not change at every
        /// step.</summary>
        private TalkwireDetail ByDistance(TalkwireDetail now)
        {
            Camera camera = Application.isPlaying ? Camera.main : null;
            if (camera == null)
            {
                return TalkwireDetail.Vertices;
            }
            float distance = Vector3.Distance(camera.transform.position, transform.position);
            float pose = now == TalkwireDetail.Weights ? _poseBeyond : _poseBeyond * Hysteresis;
            float basis = now == TalkwireDetail.Vertices ? _basisBeyond * Hysteresis : _basisBeyond;
            return distance > pose ? TalkwireDetail.Weights
                : distance > basis ? TalkwireDetail.Basis : TalkwireDetail.Vertices;
        }
    }
}
