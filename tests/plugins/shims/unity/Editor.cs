// Stand-ins for what the package uses of UnityEditor; see Objects.cs.
using System;
using System.Collections.Generic;
using UnityEngine;

namespace UnityEditor
{
    // docs.unity3d.com/ScriptReference/InitializeOnLoadAttribute.html and the pages of the others
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class InitializeOnLoadAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CanEditMultipleObjects : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CustomEditor : Attribute
    {
        public CustomEditor(Type inspectedType, bool editorForChildClasses)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class MenuItem : Attribute
    {
        public MenuItem(string itemName)
        {
        }
    }

    // docs.unity3d.com/ScriptReference/AssemblyReloadEvents.html
    public static class AssemblyReloadEvents
    {
        public delegate void AssemblyReloadCallback();

        public static event AssemblyReloadCallback beforeAssemblyReload;

        public static void Reload()  // of the imitation
        {
            beforeAssemblyReload();
        }
    }

    // docs.unity3d.com/ScriptReference/PlayModeStateChange.html
    public enum PlayModeStateChange
    {
        EnteredEditMode,
        ExitingEditMode,
        EnteredPlayMode,
        ExitingPlayMode,
    }

    // docs.unity3d.com/ScriptReference/EditorApplication.html
    public static class EditorApplication
    {
        public delegate void CallbackFunction();

        public static CallbackFunction update;
        public static int Queued;  // of the imitation
        private static readonly System.Diagnostics.Stopwatch Watch = System.Diagnostics.Stopwatch.StartNew();

        public static event Action<PlayModeStateChange> playModeStateChanged;

        public static event Action quitting;

        public static double timeSinceStartup => Watch.Elapsed.TotalSeconds;

        public static void QueuePlayerLoopUpdate()
        {
            Queued++;
        }

        public static void Change(PlayModeStateChange change)  // of the imitation
        {
            playModeStateChanged(change);
        }

        public static void Quit()  // of the imitation
        {
            quitting();
        }
    }

    // docs.unity3d.com/ScriptReference/SceneView.html
    public sealed class SceneView
    {
        public static void RepaintAll()
        {
        }
    }

    // docs.unity3d.com/ScriptReference/Editor.html
    public class Editor : ScriptableObject
    {
        public UnityEngine.Object target { get; set; }
        public UnityEngine.Object[] targets => new[] { target };

        public virtual void OnInspectorGUI()
        {
        }

        public virtual bool RequiresConstantRepaint()
        {
            return false;
        }

        public bool DrawDefaultInspector()
        {
            return false;
        }
    }

    // docs.unity3d.com/ScriptReference/EditorWindow.html
    public class EditorWindow : ScriptableObject
    {
        public static T GetWindow<T>(string title) where T : EditorWindow, new()
        {
            return new T { name = title };
        }

        public void Repaint()
        {
        }
    }

    // docs.unity3d.com/ScriptReference/MessageType.html
    public enum MessageType
    {
        None,
        Info,
        Warning,
        Error,
    }

    // docs.unity3d.com/ScriptReference/EditorGUILayout.html
    public static class EditorGUILayout
    {
        public static readonly List<string> Shown = new List<string>();  // of the imitation

        public static void HelpBox(string message, MessageType type)
        {
            Shown.Add(message);
        }

        public static void LabelField(string label, params GUILayoutOption[] options)
        {
            Shown.Add(label);
        }

        public static void LabelField(string label, string label2, params GUILayoutOption[] options)
        {
            Shown.Add(label + ": " + label2);
        }

        public static string DelayedTextField(string label, string text, params GUILayoutOption[] options)
        {
            return text;
        }

        public static UnityEngine.Object ObjectField(UnityEngine.Object obj, Type objType, bool allowSceneObjects,
            params GUILayoutOption[] options)
        {
            return obj;
        }

        public static Rect BeginHorizontal(params GUILayoutOption[] options)
        {
            return new Rect();
        }

        public static void EndHorizontal()
        {
        }
    }

    // docs.unity3d.com/ScriptReference/EditorCurveBinding.html
    public struct EditorCurveBinding
    {
        public string path, propertyName;

        public Type type { get; set; }

        public static EditorCurveBinding FloatCurve(string inPath, Type inType, string inPropertyName)
        {
            return new EditorCurveBinding { path = inPath, type = inType, propertyName = inPropertyName };
        }
    }

    // docs.unity3d.com/ScriptReference/AnimationUtility.html
    public static class AnimationUtility
    {
        public enum TangentMode
        {
            Free,
            Auto,
            Linear,
        }

        public static void SetEditorCurve(AnimationClip clip, EditorCurveBinding binding, AnimationCurve curve)
        {
            clip.Curves[binding.path + ":" + binding.propertyName] = curve;
        }

        public static void SetKeyLeftTangentMode(AnimationCurve curve, int index, TangentMode tangentMode)
        {
        }

        public static void SetKeyRightTangentMode(AnimationCurve curve, int index, TangentMode tangentMode)
        {
        }

        public static string CalculateTransformPath(Transform targetTransform, Transform root)
        {
            string path = "";
            for (Transform at = targetTransform; at != root; at = at.parent)
            {
                path = at.name + (path.Length == 0 ? "" : "/" + path);
            }
            return path;
        }
    }

    // docs.unity3d.com/ScriptReference/EditorUtility.html
    public static class EditorUtility
    {
        public static string SaveFilePanelInProject(string title, string defaultName, string extension, string message)
        {
            return "Assets/" + defaultName + "." + extension;
        }
    }

    // docs.unity3d.com/ScriptReference/AssetDatabase.html
    public static class AssetDatabase
    {
        public static readonly Dictionary<string, UnityEngine.Object> Assets = new Dictionary<string,
            UnityEngine.Object>();

        public static void CreateAsset(UnityEngine.Object asset, string path)
        {
            Assets[path] = asset;
        }
    }
}

namespace UnityEditor.SceneManagement
{
    // docs.unity3d.com/ScriptReference/SceneManagement.EditorSceneManager.html
    public static class EditorSceneManager
    {
        public delegate void SceneSavingCallback(UnityEngine.SceneManagement.Scene scene, string path);

        public static event SceneSavingCallback sceneSaving;

        public static void Save()  // of the imitation
        {
            sceneSaving(new UnityEngine.SceneManagement.Scene(), "");
        }
    }
}
