using System;

namespace Talkwire
{
    /// <summary>ARKit's 52 shapes in Apple's order, as weights come, and how characters call them.</summary>
    public static class ShapeNames
    {
        public static readonly string[] Arkit =
        {
            "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
            "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight",
            "eyeLookUpRight", "eyeSquintRight", "eyeWideRight", "jawForward", "jawLeft", "jawRight", "jawOpen",
            "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft",
            "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight",
            "mouthStretchLeft", "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower",
            "mouthShrugUpper", "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight",
            "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft", "browDownRight", "browInnerUp",
            "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
            "noseSneerLeft", "noseSneerRight", "tongueOut",
        };

        private static readonly string[] Plain = Array.ConvertAll(Arkit, name => name.ToLowerInvariant());

        /// <summary>Which of them a character's shape is: "eyeBlinkLeft", "Head_blendShape.eye_blink_L",
        /// "CC_EyeBlinkLeft"; -1: none.</summary>
        public static int Find(string name)
        {
            string plain = PlainOf(name);
            for (int i = 0; i < Plain.Length; i++)
            {
                if (plain.EndsWith(Plain[i], StringComparison.Ordinal))  // no name is the end of another
                {
                    return i;
                }
            }
            return -1;
        }

        /// <summary>Small letters and digits; a side that is one letter of its own is written out.</summary>
        private static string PlainOf(string name)
        {
            bool apart = name.Length > 2 && "_. -".IndexOf(name[name.Length - 2]) >= 0;
            char last = apart ? char.ToLowerInvariant(name[name.Length - 1]) : ' ';
            string whole = last == 'l' ? name.Substring(0, name.Length - 1) + "left"
                : last == 'r' ? name.Substring(0, name.Length - 1) + "right" : name;
            var plain = new char[whole.Length];
            int count = 0;
            for (int i = 0; i < whole.Length; i++)
            {
                if (char.IsLetterOrDigit(whole[i]))
                {
                    plain[count++] = char.ToLowerInvariant(whole[i]);
                }
            }
            return new string(plain, 0, count);
        }
    }
}
