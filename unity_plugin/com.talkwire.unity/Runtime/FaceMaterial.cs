using UnityEngine;
using UnityEngine.Rendering;

namespace Talkwire
{
    /// <summary>The material of the render pipeline, and where its picture goes.</summary>
    internal static class FaceMaterial
    {
        private static readonly int[] Ids =  // of URP, HDRP and the built-in pipeline
        {
            Shader.PropertyToID("_BaseMap"), Shader.PropertyToID("_BaseColorMap"), Shader.PropertyToID("_MainTex"),
        };

        /// <summary>What Unity gives a new object; null where it has none, as a built player of URP or HDRP.</summary>
        public static Material New()
        {
            RenderPipelineAsset pipeline = GraphicsSettings.currentRenderPipeline;
            Material given = pipeline == null ? null : pipeline.defaultMaterial;
            Shader shader = given != null ? given.shader : pipeline == null ? Shader.Find("Standard") : null;
            return shader == null ? null : new Material(shader) { name = "talkwire", hideFlags = Disposal.Unsaved };
        }

        /// <summary>name: empty for the one that the material has.</summary>
        public static int Property(Material material, string name)
        {
            if (!string.IsNullOrEmpty(name))
            {
                return Shader.PropertyToID(name);
            }
            for (int i = 0; material != null && i < Ids.Length; i++)
            {
                if (material.HasProperty(Ids[i]))
                {
                    return Ids[i];
                }
            }
            return Ids[Ids.Length - 1];
        }
    }
}
