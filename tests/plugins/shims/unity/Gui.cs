namespace UnityEngine
{
    // docs.unity3d.com/ScriptReference/Rect.html
    public struct Rect
    {
        public Rect(float x, float y, float width, float height)
        {
            this.x = x;
            this.y = y;
            this.width = width;
            this.height = height;
        }

        public float x { get; set; }
        public float y { get; set; }
        public float width { get; set; }
        public float height { get; set; }
    }

    // docs.unity3d.com/ScriptReference/GUI.html
    public static class GUI
    {
        public static string Shown = "";  // of the imitation

        public static void Label(Rect position, string text)
        {
            Shown = text;
        }
    }

    // docs.unity3d.com/ScriptReference/GUILayout.html
    public static class GUILayout
    {
        public static string Pressed = "";  // of the imitation

        public static bool Button(string text, params GUILayoutOption[] options)
        {
            return text == Pressed;
        }
    }

    // docs.unity3d.com/ScriptReference/GUILayoutOption.html
    public sealed class GUILayoutOption
    {
    }
}
