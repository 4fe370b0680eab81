namespace UnityEngine
{
    // docs.unity3d.com/ScriptReference/Input.html
    public static class Input
    {
        public static bool GetKeyDown(KeyCode key)
        {
            return false;
        }
    }

    // docs.unity3d.com/ScriptReference/KeyCode.html
    public enum KeyCode
    {
        Escape = 27,
        Space = 32,
    }

    // docs.unity3d.com/ScriptReference/Microphone.html
    public static class Microphone
    {
        public static AudioClip Start(string deviceName, bool loop, int lengthSec, int frequency)
        {
            return AudioClip.Create("microphone", lengthSec * frequency, 1, frequency, false);
        }

        public static int GetPosition(string deviceName)
        {
            return 0;
        }

        public static void End(string deviceName)
        {
        }
    }

    // docs.unity3d.com/ScriptReference/Animator.html
    public sealed class Animator : Behaviour
    {
        public bool isHuman => false;

        public Transform GetBoneTransform(HumanBodyBones humanBoneId)
        {
            return null;
        }
    }

    // docs.unity3d.com/ScriptReference/HumanBodyBones.html
    public enum HumanBodyBones
    {
        Head = 10,
    }

    // docs.unity3d.com/ScriptReference/PrimitiveType.html
    public enum PrimitiveType
    {
        Quad = 5,
    }
}
