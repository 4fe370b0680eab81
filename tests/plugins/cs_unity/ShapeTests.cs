using System;
using UnityEngine;

namespace Talkwire.Tests
{
    /// <summary>Which shape of a character is which.</summary>
    public static class ShapeTests
    {
        public static void EveryNameIsItsOwn()
        {
            Check.Equal(52, ShapeNames.Arkit.Length, "names");
            for (int i = 0; i < 52; i++)
            {
                string name = ShapeNames.Arkit[i],
                    side = name.EndsWith("Left") ? "_L" : name.EndsWith("Right") ? "_R" : "";
                string less = side == "" ? name : name.Substring(0, name.Length - (side == "_L" ? 4 : 5));
                foreach (string called in new[]
                {
                    name, "blendShape1." + name, "Head_" + name, name.ToUpperInvariant(), less + side,
                    "CC_" + less + side.ToLowerInvariant(),
                })
                {
                    Check.Equal(i, ShapeNames.Find(called), called);
                }
            }
            Check.Equal(Array.IndexOf(ShapeNames.Arkit, "eyeBlinkLeft"), ShapeNames.Find("eye_blink.l"), "eye_blink.l");
            foreach (string none in new[] { "", "_", "_L", "viseme_aa", "smile", "Leftovers", "l" })
            {
                Check.Equal(-1, ShapeNames.Find(none), none);
            }
        }

        public static void NoNameIsTheEndOfAnother()
        {
            foreach (string one in ShapeNames.Arkit)
            {
                foreach (string other in ShapeNames.Arkit)
                {
                    Check.That(one == other || !one.ToLowerInvariant().EndsWith(other.ToLowerInvariant()),
                        one + " ends with " + other);
                }
            }
        }

        public static void AMapSaysWhatNamesDoNot()
        {
            var character = new GameObject("character");
            character.SetActive(false);
            SkinnedMeshRenderer renderer = Skinned(character, "jawOpen", "Smile", "mouthSmileRight", "Nothing");
            var shapes = character.AddComponent<TalkwireBlendShapes>();
            Check.Equal(2, shapes.ShapeCount, "by name");
            var map = ScriptableObject.CreateInstance<TalkwireShapeMap>();
            map.Entries = new[]
            {
                new TalkwireShapeMap.Entry { Shape = "mouthSmileLeft", Name = "Smile", Gain = 0.5f },
                new TalkwireShapeMap.Entry { Shape = "jawOpen", Name = "" },
                new TalkwireShapeMap.Entry { Shape = "none of them", Name = "Nothing", Gain = 1 },
            };
            shapes.Map = map;
            Check.Equal(2, shapes.ShapeCount, "with a map");
            shapes.Renderers = new[] { renderer, null };
            Check.Equal(2, shapes.ShapeCount, "with a renderer that is gone");
            UnityEngine.Object.DestroyImmediate(character);
        }

        internal static SkinnedMeshRenderer Skinned(GameObject below, params string[] names)
        {
            var made = new GameObject("Face");
            made.transform.SetParent(below.transform, false);
            var renderer = made.AddComponent<SkinnedMeshRenderer>();
            renderer.sharedMesh = new Mesh();
            foreach (string name in names)
            {
                renderer.sharedMesh.AddBlendShape(name);
            }
            return renderer;
        }
    }
}
