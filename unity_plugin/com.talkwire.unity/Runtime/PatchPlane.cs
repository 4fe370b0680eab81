using Talkwire.Core;
using UnityEngine;
using UnityEngine.Rendering;

namespace Talkwire
{
    /// <summary>What a machine can show of a texture that changes.</summary>
    internal static class PatchPlane
    {
        /// <summary>BC1 goes to the card as it came; JPEG, where the card has no BC1, is decoded on the main
        /// thread.</summary>
        public static string Best
        {
            get { return SystemInfo.SupportsTextureFormat(TextureFormat.DXT1) ? Topic.PatchBc1 : Topic.Patch; }
        }

        /// <summary>Whether a part of a texture can be replaced.</summary>
        public static bool CanCopy
        {
            get { return (SystemInfo.copyTextureSupport & CopyTextureSupport.Basic) != 0; }
        }
    }
}
