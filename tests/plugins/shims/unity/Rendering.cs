using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Unity.Collections;
using UnityEngine.Rendering;

namespace UnityEngine
{
    // docs.unity3d.com/ScriptReference/Mesh.html: what was given is kept, and what Unity would refuse is refused
    public sealed class Mesh : Object
    {
        public static int Made, Destroyed;  // of the imitation
        public readonly byte[][] Streams = new byte[4][];
        public readonly List<SubMeshDescriptor> SubMeshes = new List<SubMeshDescriptor>();
        public readonly int[] Strides = new int[4];
        public int[] Indices = new int[0];
        public int Uploads;
        private readonly List<string> _shapes = new List<string>();

        public Mesh()
        {
            Made++;
        }

        public int vertexCount { get; private set; }
        public Bounds bounds { get; set; }
        public bool Dynamic { get; private set; }
        public int blendShapeCount => _shapes.Count;

        public int subMeshCount
        {
            get
            {
                return SubMeshes.Count;
            }
            set
            {
                SubMeshes.Clear();
                SubMeshes.AddRange(new SubMeshDescriptor[value]);
            }
        }

        public void MarkDynamic()
        {
            Dynamic = true;
        }

        public void Clear()
        {
            vertexCount = 0;
            SubMeshes.Clear();
            Indices = new int[0];
        }

        public void SetVertexBufferParams(int count, params VertexAttributeDescriptor[] attributes)
        {
            vertexCount = count;
            Array.Clear(Strides, 0, Strides.Length);
            foreach (VertexAttributeDescriptor attribute in attributes)
            {
                Strides[attribute.stream] += 4 * attribute.dimension;
            }
            for (int stream = 0; stream < Streams.Length; stream++)
            {
                Streams[stream] = new byte[count * Strides[stream]];
            }
        }

        public void SetVertexBufferData<T>(T[] data, int dataStart, int meshBufferStart, int count, int stream = 0,
            MeshUpdateFlags flags = MeshUpdateFlags.Default) where T : struct
        {
            int size = Marshal.SizeOf(typeof(T));
            if (size != Strides[stream] || meshBufferStart + count > vertexCount || dataStart + count > data.Length)
            {
                throw new ArgumentException("vertices of " + size + " bytes, wanted " + Strides[stream]);
            }
            GCHandle pinned = GCHandle.Alloc(data, GCHandleType.Pinned);
            Marshal.Copy(pinned.AddrOfPinnedObject(), Streams[stream], meshBufferStart * size, count * size);
            pinned.Free();
            Uploads++;
        }

        public void SetVertexBufferData<T>(NativeArray<T> data, int dataStart, int meshBufferStart, int count,
            int stream = 0, MeshUpdateFlags flags = MeshUpdateFlags.Default) where T : struct
        {
            SetVertexBufferData(data.Data, dataStart, meshBufferStart, count, stream, flags);
        }

        public void SetIndexBufferParams(int count, IndexFormat format)
        {
            Indices = new int[count];
        }

        public void SetIndexBufferData<T>(T[] data, int dataStart, int meshBufferStart, int count,
            MeshUpdateFlags flags = MeshUpdateFlags.Default) where T : struct
        {
            Array.Copy(data, dataStart, Indices, meshBufferStart, count);
        }

        public void SetSubMesh(int index, SubMeshDescriptor desc, MeshUpdateFlags flags = MeshUpdateFlags.Default)
        {
            if (desc.indexStart + desc.indexCount > Indices.Length)
            {
                throw new ArgumentException("a submesh beyond the indices");
            }
            SubMeshes[index] = desc;
        }

        public string GetBlendShapeName(int shapeIndex)
        {
            return _shapes[shapeIndex];
        }

        public void AddBlendShape(string shapeName)  // of the imitation: AddBlendShapeFrame has a shape's vertices
        {
            _shapes.Add(shapeName);
        }

        internal override void Die()
        {
            base.Die();
            Destroyed++;
        }
    }

    // docs.unity3d.com/ScriptReference/MeshFilter.html, Renderer.html, MeshRenderer.html, SkinnedMeshRenderer.html
    public sealed class MeshFilter : Component
    {
        public Mesh sharedMesh { get; set; }
    }

    public class Renderer : Component
    {
        // of the imitation
        public readonly Dictionary<int, MaterialPropertyBlock> Blocks = new Dictionary<int, MaterialPropertyBlock>();

        public Material[] sharedMaterials { get; set; } = new Material[0];
        public Material sharedMaterial => sharedMaterials.Length > 0 ? sharedMaterials[0] : null;
        public Bounds bounds => new Bounds(transform.position, Vector3.zero);

        public void SetPropertyBlock(MaterialPropertyBlock properties, int materialIndex)
        {
            Blocks[materialIndex] = properties == null ? null : properties.Copy();
        }

        public void GetPropertyBlock(MaterialPropertyBlock properties, int materialIndex)
        {
            MaterialPropertyBlock known;
            properties.Take(Blocks.TryGetValue(materialIndex, out known) ? known : null);
        }
    }

    public sealed class MeshRenderer : Renderer
    {
    }

    public sealed class SkinnedMeshRenderer : Renderer
    {
        private readonly Dictionary<int, float> _weights = new Dictionary<int, float>();

        public Mesh sharedMesh { get; set; }

        public float GetBlendShapeWeight(int index)
        {
            float weight;
            return _weights.TryGetValue(index, out weight) ? weight : 0;
        }

        public void SetBlendShapeWeight(int index, float value)
        {
            if (sharedMesh == null || index < 0 || index >= sharedMesh.blendShapeCount)
            {
                throw new ArgumentException("no blend shape " + index);
            }
            _weights[index] = value;
        }
    }

    // docs.unity3d.com/ScriptReference/MaterialPropertyBlock.html
    public sealed class MaterialPropertyBlock
    {
        public readonly Dictionary<int, Texture> Textures = new Dictionary<int, Texture>();
        public readonly Dictionary<int, float> Floats = new Dictionary<int, float>();

        public void Clear()
        {
            Textures.Clear();
            Floats.Clear();
        }

        public void SetFloat(int nameID, float value)
        {
            Floats[nameID] = value;
        }

        public void SetTexture(int nameID, Texture value)
        {
            if (value == null)
            {
                throw new ArgumentNullException("value");
            }
            Textures[nameID] = value;
        }

        internal MaterialPropertyBlock Copy()
        {
            var copy = new MaterialPropertyBlock();
            copy.Take(this);
            return copy;
        }

        internal void Take(MaterialPropertyBlock other)
        {
            Clear();
            foreach (KeyValuePair<int, Texture> pair in other == null ? Textures : other.Textures)
            {
                Textures[pair.Key] = pair.Value;
            }
            foreach (KeyValuePair<int, float> pair in other == null ? Floats : other.Floats)
            {
                Floats[pair.Key] = pair.Value;
            }
        }
    }

    // docs.unity3d.com/ScriptReference/Shader.html
    public sealed class Shader : Object
    {
        private static readonly List<string> Names = new List<string>();
        private static readonly Shader Standard = new Shader { name = "Standard" };

        public static Shader Find(string name)
        {
            return name == Standard.name ? Standard : null;
        }

        public static int PropertyToID(string name)
        {
            if (!Names.Contains(name))
            {
                Names.Add(name);
            }
            return Names.IndexOf(name);
        }
    }

    // docs.unity3d.com/ScriptReference/Material.html: one with the built-in pipeline's texture
    public sealed class Material : Object
    {
        public Material(Shader shader)
        {
            this.shader = shader;
        }

        public Shader shader { get; private set; }

        public bool HasProperty(int nameID)
        {
            return nameID == Shader.PropertyToID("_MainTex");
        }
    }

    // docs.unity3d.com/ScriptReference/Texture.html
    public class Texture : Object
    {
        public int width { get; protected set; }
        public int height { get; protected set; }
        public TextureWrapMode wrapMode { get; set; }
    }

    public enum TextureWrapMode
    {
        Repeat,
        Clamp,
    }

    // docs.unity3d.com/ScriptReference/TextureFormat.html
    public enum TextureFormat
    {
        RGB24 = 3,
        RGBA32 = 4,
        ARGB32 = 5,
        DXT1 = 10,
    }

    // docs.unity3d.com/ScriptReference/Color32.html
    public struct Color32
    {
        public byte r, g, b, a;
    }

    // docs.unity3d.com/ScriptReference/Texture2D.html: of pixels, only DXT1's bytes are kept
    public sealed class Texture2D : Texture
    {
        public static int Made, Destroyed;  // of the imitation
        public byte[] Raw = new byte[0];
        public int Changes;

        public Texture2D(int width, int height, TextureFormat textureFormat, bool mipChain, bool linear)
        {
            Made++;
            Set(width, height, textureFormat);
        }

        public TextureFormat format { get; private set; }

        public void SetPixelData<T>(T[] data, int mipLevel, int sourceDataStartIndex = 0)
        {
            if (data.Length - sourceDataStartIndex < Raw.Length)
            {
                throw new ArgumentException("not enough data");
            }
            Buffer.BlockCopy(data, sourceDataStartIndex, Raw, 0, Raw.Length);
        }

        public void Apply(bool updateMipmaps, bool makeNoLongerReadable)
        {
            Changes++;
        }

        public Color32[] GetPixels32()
        {
            return new Color32[width * height];
        }

        public void SetPixels32(Color32[] colors)
        {
            if (colors.Length != width * height)
            {
                throw new ArgumentException("another number of pixels");
            }
        }

        internal void Set(int wide, int high, TextureFormat of)
        {
            if (of == TextureFormat.DXT1 && (wide % 4 != 0 || high % 4 != 0))
            {
                throw new ArgumentException("DXT1 of " + wide + " x " + high);
            }
            width = wide;
            height = high;
            format = of;
            Raw = of == TextureFormat.DXT1 ? new byte[wide * high / 2]
                : of == TextureFormat.RGB24 ? new byte[wide * high * 3] : Raw;
            Changes++;
        }

        internal override void Die()
        {
            base.Die();
            Destroyed++;
        }
    }

    // docs.unity3d.com/ScriptReference/ImageConversion.html: a PNG becomes ARGB32, a JPEG RGB24
    public static class ImageConversion
    {
        public static bool LoadImage(this Texture2D tex, byte[] data, bool markNonReadable)
        {
            if (data.Length > 24 && data[0] == 0x89 && data[1] == 'P')
            {
                tex.Set(Big(data, 16, 4), Big(data, 20, 4), TextureFormat.ARGB32);
                return true;
            }
            for (int at = 2; data.Length > 4 && data[0] == 0xff && data[1] == 0xd8 && at + 9 < data.Length
                && data[at] == 0xff;)
            {
                if (data[at + 1] == 0xc0 || data[at + 1] == 0xc2)
                {
                    tex.Set(Big(data, at + 7, 2), Big(data, at + 5, 2), TextureFormat.RGB24);
                    return true;
                }
                at += 2 + Big(data, at + 2, 2);
            }
            return false;
        }

        private static int Big(byte[] data, int at, int bytes)
        {
            int value = 0;
            for (int i = 0; i < bytes; i++)
            {
                value = value << 8 | data[at + i];
            }
            return value;
        }
    }

    // docs.unity3d.com/ScriptReference/Graphics.CopyTexture.html
    public static class Graphics
    {
        public static void CopyTexture(Texture src, int srcElement, int srcMip, int srcX, int srcY, int srcWidth,
            int srcHeight,
            Texture dst, int dstElement, int dstMip, int dstX, int dstY)
        {
            var from = (Texture2D)src;
            var to = (Texture2D)dst;
            bool inside = dstX >= 0 && dstY >= 0 && dstX + srcWidth <= to.width && dstY + srcHeight <= to.height;
            bool blocks = to.format != TextureFormat.DXT1 || (dstX | dstY | srcWidth | srcHeight) % 4 == 0;
            if (from.format != to.format || !inside || !blocks)
            {
                throw new ArgumentException("a copy that Unity would refuse");
            }
            for (int y = 0; to.format == TextureFormat.DXT1 && y < srcHeight / 4; y++)
            {
                Buffer.BlockCopy(from.Raw, y * from.width * 2, to.Raw, (dstY / 4 + y) * to.width * 2 + dstX * 2,
                    srcWidth * 2);
            }
            for (int y = 0; to.format == TextureFormat.RGB24 && y < srcHeight; y++)
            {
                Buffer.BlockCopy(from.Raw, y * from.width * 3, to.Raw, ((dstY + y) * to.width + dstX) * 3, srcWidth * 3);
            }
            to.Changes++;
        }
    }
}

namespace UnityEngine.Rendering
{
    // docs.unity3d.com/ScriptReference/Rendering.GraphicsSettings.html
    public static class GraphicsSettings
    {
        public static RenderPipelineAsset currentRenderPipeline => null;
    }

    // docs.unity3d.com/ScriptReference/Rendering.RenderPipelineAsset.html
    public abstract class RenderPipelineAsset : ScriptableObject
    {
        public virtual Material defaultMaterial => null;
    }

    // docs.unity3d.com/ScriptReference/Rendering.CopyTextureSupport.html
    [Flags]
    public enum CopyTextureSupport
    {
        None = 0,
        Basic = 1,
    }

    // docs.unity3d.com/ScriptReference/Rendering.IndexFormat.html
    public enum IndexFormat
    {
        UInt16,
        UInt32,
    }

    // docs.unity3d.com/ScriptReference/Rendering.MeshUpdateFlags.html
    [Flags]
    public enum MeshUpdateFlags
    {
        Default = 0,
        DontValidateIndices = 1,
        DontResetBoneBounds = 2,
        DontNotifyMeshUsers = 4,
        DontRecalculateBounds = 8,
    }

    // docs.unity3d.com/ScriptReference/Rendering.VertexAttribute.html
    public enum VertexAttribute
    {
        Position = 0,
        Normal = 1,
        TexCoord0 = 4,
    }

    // docs.unity3d.com/ScriptReference/Rendering.VertexAttributeFormat.html
    public enum VertexAttributeFormat
    {
        Float32 = 0,
    }

    // docs.unity3d.com/ScriptReference/Rendering.VertexAttributeDescriptor.html
    public struct VertexAttributeDescriptor
    {
        public VertexAttributeDescriptor(VertexAttribute attribute, VertexAttributeFormat format, int dimension,
            int stream)
        {
            this.attribute = attribute;
            this.format = format;
            this.dimension = dimension;
            this.stream = stream;
        }

        public VertexAttribute attribute { get; set; }
        public VertexAttributeFormat format { get; set; }
        public int dimension { get; set; }
        public int stream { get; set; }
    }

    // docs.unity3d.com/ScriptReference/Rendering.SubMeshDescriptor.html
    public struct SubMeshDescriptor
    {
        public SubMeshDescriptor(int indexStart, int indexCount, MeshTopology topology = MeshTopology.Triangles)
            : this()
        {
            this.indexStart = indexStart;
            this.indexCount = indexCount;
            this.topology = topology;
        }

        public Bounds bounds { get; set; }
        public MeshTopology topology { get; set; }
        public int indexStart { get; set; }
        public int indexCount { get; set; }
        public int firstVertex { get; set; }
        public int vertexCount { get; set; }
    }
}

namespace UnityEngine
{
    // docs.unity3d.com/ScriptReference/MeshTopology.html
    public enum MeshTopology
    {
        Triangles,
    }
}
