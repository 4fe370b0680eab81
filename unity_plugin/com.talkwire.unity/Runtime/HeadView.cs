using Talkwire.Core;
using UnityEngine;
using UnityEngine.Rendering;

namespace Talkwire
{
    /// <summary>A streamed head in the scene: a child that carries the mesh and the head's pose, and is never
    /// saved.</summary>
    internal sealed class HeadView
    {
        private const string Name = "talkwire head";
        private const MeshUpdateFlags Trusted = MeshUpdateFlags.DontRecalculateBounds
            | MeshUpdateFlags.DontValidateIndices | MeshUpdateFlags.DontNotifyMeshUsers
            | MeshUpdateFlags.DontResetBoneBounds;

        private static readonly int Smoothness = Shader.PropertyToID("_Smoothness");  // of URP and HDRP,
        private static readonly int Glossiness = Shader.PropertyToID("_Glossiness");  // and of the built-in pipeline

        private readonly GameObject _object;
        private readonly Mesh _mesh;
        private readonly MeshRenderer _renderer;
        private readonly MaterialPropertyBlock _block = new MaterialPropertyBlock();
        private readonly float[] _rotation = new float[4], _place = new float[3];
        private Head _head;
        private HeadPose _pose;
        private int _count;  // of the pose, when it was uploaded last
        private Material _material;
        private UnityEngine.Texture _texture;
        private int _property;

        public HeadView(Transform parent)
        {
            Transform copied = parent.Find(Name);  // with an object that was duplicated
            if (copied != null)
            {
                Disposal.Of(copied.gameObject);
            }
            _object = new GameObject(Name) { hideFlags = Disposal.Unsaved, layer = parent.gameObject.layer };
            _object.transform.SetParent(parent, false);
            _mesh = new Mesh { name = Name, hideFlags = Disposal.Unsaved };
            _mesh.MarkDynamic();
            _object.AddComponent<MeshFilter>().sharedMesh = _mesh;
            _renderer = _object.AddComponent<MeshRenderer>();
        }

        public Mesh Mesh
        {
            get { return _mesh; }
        }

        public Transform Transform
        {
            get { return _object.transform; }
        }

        /// <summary>The picture's vertices, and where its head is.</summary>
        public void Show(HeadPose pose, Face face)
        {
            if (_head != pose.Head)
            {
                Build(pose.Head, pose.Geometry);
            }
            if (pose != _pose || pose.Count != _count)
            {
                _pose = pose;
                _count = pose.Count;
                pose.Upload(_mesh, Trusted);
            }
            AxisMap.Unity.Rotation(face.HeadRotation, _rotation);
            AxisMap.Unity.Positions(face.HeadTranslationM, 1, _place);
            _object.transform.localRotation = new Quaternion(_rotation[0], _rotation[1], _rotation[2], _rotation[3]);
            _object.transform.localPosition = new Vector3(_place[0], _place[1], _place[2]);
        }

        /// <summary>What it is painted with: a texture in a property of a material, one for all parts.</summary>
        public void Paint(Material material, UnityEngine.Texture texture, int property)
        {
            if (_head == null || (material == _material && texture == _texture && property == _property))
            {
                return;
            }
            _material = material;
            _texture = texture;
            _property = property;
            var materials = new Material[_head.Parts.Length];
            for (int i = 0; i < materials.Length; i++)
            {
                materials[i] = material;
            }
            _renderer.sharedMaterials = materials;
            for (int i = 0; i < materials.Length; i++)
            {
                float smoothness = 1 - (float)_head.Parts[i].Roughness;
                _block.Clear();
                _block.SetFloat(Smoothness, smoothness);
                _block.SetFloat(Glossiness, smoothness);
                if (texture != null)
                {
                    _block.SetTexture(property, texture);
                }
                _renderer.SetPropertyBlock(_block, i);
            }
        }

        public void Destroy()
        {
            Disposal.Of(_mesh);
            Disposal.Of(_object);
        }

        private void Build(Head head, HeadGeometry geometry)
        {
            _head = head;
            _material = null;
            _texture = null;
            _mesh.Clear();
            _mesh.SetVertexBufferParams(head.VertexCount,
                new VertexAttributeDescriptor(VertexAttribute.Position, VertexAttributeFormat.Float32, 3, 0),
                new VertexAttributeDescriptor(VertexAttribute.Normal, VertexAttributeFormat.Float32, 3, 0),
                new VertexAttributeDescriptor(VertexAttribute.TexCoord0, VertexAttributeFormat.Float32, 2, 1));
            _mesh.SetVertexBufferData(geometry.Uvs, 0, 0, geometry.Uvs.Length, 1, Trusted);
            int[] corners = geometry.CornersTx3;
            _mesh.SetIndexBufferParams(corners.Length, IndexFormat.UInt32);
            _mesh.SetIndexBufferData(corners, 0, 0, corners.Length, Trusted);
            _mesh.subMeshCount = head.Parts.Length;
            _mesh.bounds = geometry.Bounds;
            for (int i = 0; i < head.Parts.Length; i++)
            {
                Core.Wire.Part part = head.Parts[i];
                var descriptor = new SubMeshDescriptor(3 * part.FirstTriangle, 3 * part.TriangleCount)
                {
                    bounds = _mesh.bounds, firstVertex = 0, vertexCount = head.VertexCount,
                };
                _mesh.SetSubMesh(i, descriptor, Trusted);
            }
        }
    }

    /// <summary>The end of what was made here, in Play and in edit mode.</summary>
    internal static class Disposal
    {
        public const HideFlags Unsaved = HideFlags.DontSaveInEditor | HideFlags.DontSaveInBuild;

        public static void Of(Object made)
        {
            if (made == null)
            {
                return;
            }
            if (Application.isPlaying)
            {
                Object.Destroy(made);
            }
            else
            {
                Object.DestroyImmediate(made);
            }
        }
    }
}
