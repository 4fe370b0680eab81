using System.Collections.Generic;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>The face on a character that has ARKit's shapes, and its head's motion on a bone.</summary>
    [AddComponentMenu("talkwire/Talkwire Blend Shapes")]
    public sealed class TalkwireBlendShapes : TalkwireNpc
    {
        [Tooltip("Face, teeth, tongue, lashes. Empty: all below this object.")]
        [SerializeField] private SkinnedMeshRenderer[] _renderers = { };

        [Tooltip("Where the character's names are not ARKit's. They are found with any prefix, and with _L and _R.")]
        [SerializeField] private TalkwireShapeMap _map;

        [Tooltip("What a weight of 1 is in this mesh.")]
        [SerializeField] private float _full = 100;

        [Tooltip("A bone that turns with the head. Empty: it does not.")]
        [SerializeField] private Transform _head;

        [Range(0, 1)]
        [SerializeField] private float _headStrength = 1;

        private readonly List<Binding> _bindings = new List<Binding>();
        private readonly float[] _rotation = new float[4];
        private Transform _bone;  // that turns now
        private Quaternion _boneAtRest;
        private bool _bound;

        /// <summary>One shape of one mesh.</summary>
        internal struct Binding
        {
            public SkinnedMeshRenderer Renderer;
            public int Shape, Arkit;
            public float Gain, AtRest;
        }

        public SkinnedMeshRenderer[] Renderers
        {
            get
            {
                return _renderers;
            }
            set
            {
                Clear();
                _renderers = value;
            }
        }

        public TalkwireShapeMap Map
        {
            get
            {
                return _map;
            }
            set
            {
                Clear();
                _map = value;
            }
        }

        public Transform Head
        {
            get
            {
                return _head;
            }
            set
            {
                Clear();
                _head = value;
            }
        }

        /// <summary>How many shapes of the character move.</summary>
        public int ShapeCount
        {
            get { return Bound().Count; }
        }

        internal override TalkwireDetail Wanted
        {
            get { return TalkwireDetail.Weights; }
        }

        internal override bool WantsTexture
        {
            get { return false; }
        }

        protected override Vector3 EyesInWorld
        {
            get { return _head != null ? _head.position : transform.position; }
        }

        internal List<Binding> Bound()
        {
            if (!_bound)
            {
                Bind();
            }
            return _bindings;
        }

        internal override void BeforeSaving()
        {
            Clear();
        }

        protected override void Show(TalkwireStream stream, Picture picture)
        {
            List<Binding> bindings = Bound();
            float[] weights = picture.Face.Weights;
            for (int i = 0; i < bindings.Count; i++)
            {
                Binding binding = bindings[i];
                if (binding.Renderer != null)
                {
                    binding.Renderer.SetBlendShapeWeight(binding.Shape, weights[binding.Arkit] * binding.Gain * _full);
                }
            }
            if (_bone != null)
            {
                AxisMap.Unity.Rotation(picture.Face.HeadRotation, _rotation);
                var turn = new Quaternion(_rotation[0], _rotation[1], _rotation[2], _rotation[3]);
                turn = Quaternion.Slerp(Quaternion.identity, turn, _headStrength);
                Quaternion body = transform.rotation;  // which the head's axes are those of, whatever its bone's are
                _bone.localRotation = _boneAtRest;
                _bone.rotation = body * turn * Quaternion.Inverse(body) * _bone.rotation;
            }
        }

        /// <summary>The character is as it was.</summary>
        protected override void Clear()
        {
            if (!_bound)
            {
                return;
            }
            for (int i = 0; i < _bindings.Count; i++)
            {
                if (_bindings[i].Renderer != null)
                {
                    _bindings[i].Renderer.SetBlendShapeWeight(_bindings[i].Shape, _bindings[i].AtRest);
                }
            }
            if (_bone != null)
            {
                _bone.localRotation = _boneAtRest;
            }
            _bindings.Clear();
            _bound = false;
        }

        // other settings in the inspector
        private void OnValidate()
        {
            Clear();
        }

        private void Bind()
        {
            _bound = true;
            _bone = _head;
            _boneAtRest = _bone != null ? _bone.localRotation : Quaternion.identity;
            SkinnedMeshRenderer[] renderers = _renderers.Length > 0 ? _renderers
                : GetComponentsInChildren<SkinnedMeshRenderer>();
            foreach (SkinnedMeshRenderer renderer in renderers)
            {
                Mesh mesh = renderer != null ? renderer.sharedMesh : null;
                for (int shape = 0; mesh != null && shape < mesh.blendShapeCount; shape++)
                {
                    Bind(renderer, shape, mesh.GetBlendShapeName(shape));
                }
            }
        }

        private void Bind(SkinnedMeshRenderer renderer, int shape, string name)
        {
            int arkit;
            float gain;
            if (_map == null || !_map.Find(name, out arkit, out gain))
            {
                arkit = ShapeNames.Find(name);
                gain = _map != null && _map.Claims(arkit) ? 0 : 1;
            }
            if (arkit >= 0 && gain != 0)
            {
                _bindings.Add(new Binding
                {
                    Renderer = renderer, Shape = shape, Arkit = arkit, Gain = gain,
                    AtRest = renderer.GetBlendShapeWeight(shape),
                });
            }
        }
    }
}
