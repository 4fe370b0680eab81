// Stand-ins for what the package uses of UnityEngine, with as much of its behaviour as a test can see. Written from the
// pages of docs.unity3d.com that each of them names; nothing here is Unity's.
using System;
using System.Collections.Generic;
using System.Reflection;

namespace UnityEngine
{
    // docs.unity3d.com/ScriptReference/Object.html
    public class Object
    {
        internal bool Gone;

        public virtual string name { get; set; }
        public HideFlags hideFlags { get; set; }

        public static void Destroy(Object made)
        {
            if (!Application.isPlaying)
            {
                Debug.LogError("Destroy may not be called from edit mode! Use DestroyImmediate instead.");
                return;
            }
            DestroyImmediate(made);  // Unity does it at the end of the frame
        }

        public static void DestroyImmediate(Object made)
        {
            if (made != null)
            {
                made.Die();
            }
        }

        public static T[] FindObjectsOfType<T>() where T : Object
        {
            var found = new List<T>();
            foreach (GameObject one in GameObject.All)
            {
                foreach (Component component in one.Components)
                {
                    if (component is T && one.activeInHierarchy)
                    {
                        found.Add(component as T);
                    }
                }
            }
            return found.ToArray();
        }

        public static bool operator ==(Object a, Object b)
        {
            bool noA = ReferenceEquals(a, null) || a.Gone, noB = ReferenceEquals(b, null) || b.Gone;
            return noA || noB ? noA == noB : ReferenceEquals(a, b);
        }

        public static bool operator !=(Object a, Object b)
        {
            return !(a == b);
        }

        public static implicit operator bool(Object a)
        {
            return a != null;
        }

        public override bool Equals(object other)
        {
            return this == (other as Object);
        }

        public override int GetHashCode()
        {
            return System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
        }

        internal virtual void Die()
        {
            Gone = true;
        }
    }

    // docs.unity3d.com/ScriptReference/HideFlags.html
    [Flags]
    public enum HideFlags
    {
        None = 0,
        HideInHierarchy = 1,
        DontSaveInEditor = 4,
        NotEditable = 8,
        DontSaveInBuild = 16,
        DontUnloadUnusedAsset = 32,
        DontSave = 52,
    }

    // docs.unity3d.com/ScriptReference/ScriptableObject.html
    public class ScriptableObject : Object
    {
        public static T CreateInstance<T>() where T : ScriptableObject, new()
        {
            return new T();
        }
    }

    // docs.unity3d.com/ScriptReference/GameObject.html
    public sealed class GameObject : Object
    {
        public static readonly List<GameObject> All = new List<GameObject>();  // of the imitation
        public readonly List<Component> Components = new List<Component>();  // of the imitation
        private bool _active = true;

        public GameObject(string name = "GameObject")
        {
            this.name = name;
            transform = new Transform { gameObject = this };
            Components.Add(transform);
            All.Add(this);
        }

        public Transform transform { get; private set; }
        public GameObject gameObject => this;
        public int layer { get; set; }
        public bool activeSelf => _active;
        public bool activeInHierarchy => _active
            && (transform.parent == null || transform.parent.gameObject.activeInHierarchy);

        public static GameObject CreatePrimitive(PrimitiveType type)
        {
            var made = new GameObject(type.ToString());
            made.AddComponent<MeshFilter>();
            made.AddComponent<MeshRenderer>();
            return made;
        }

        public void SetActive(bool value)
        {
            _active = value;
            Messages.Settle(this);
        }

        public T AddComponent<T>() where T : Component, new()
        {
            return (T)AddComponent(typeof(T));
        }

        public Component AddComponent(Type type)
        {
            foreach (RequireComponent wanted in type.GetCustomAttributes(typeof(RequireComponent), true))
            {
                if (GetComponent(wanted.Type) == null)
                {
                    AddComponent(wanted.Type);
                }
            }
            var component = (Component)Activator.CreateInstance(type);
            component.gameObject = this;
            Components.Add(component);
            Messages.Settle(component as MonoBehaviour);
            return component;
        }

        public T GetComponent<T>() where T : class
        {
            foreach (Component component in Components)
            {
                if (component is T)
                {
                    return component as T;
                }
            }
            return null;
        }

        internal Component GetComponent(Type type)
        {
            return Components.Find(type.IsInstanceOfType);
        }

        internal void Find<T>(List<T> into) where T : class
        {
            foreach (Component component in Components)
            {
                if (component is T)
                {
                    into.Add(component as T);
                }
            }
            foreach (Transform child in transform.Children)
            {
                child.gameObject.Find(into);
            }
        }

        internal override void Die()
        {
            for (int i = transform.Children.Count - 1; i >= 0; i--)
            {
                DestroyImmediate(transform.Children[i].gameObject);
            }
            for (int i = Components.Count - 1; i > 0; i--)
            {
                Components[i].Die();
            }
            transform.SetParent(null, false);
            All.Remove(this);
            Gone = transform.Gone = true;
        }
    }

    // docs.unity3d.com/ScriptReference/Component.html
    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }
        public Transform transform => gameObject.transform;

        public override string name
        {
            get { return gameObject.name; }
            set { gameObject.name = value; }
        }

        public T GetComponent<T>() where T : class
        {
            return gameObject.GetComponent<T>();
        }

        public T[] GetComponentsInChildren<T>() where T : class
        {
            var found = new List<T>();
            gameObject.Find(found);
            return found.ToArray();
        }

        internal override void Die()
        {
            Gone = true;
            gameObject.Components.Remove(this);
        }
    }

    // docs.unity3d.com/ScriptReference/Behaviour.html
    public class Behaviour : Component
    {
        private bool _enabled = true;

        public bool enabled
        {
            get
            {
                return _enabled;
            }
            set
            {
                _enabled = value;
                Messages.Settle(this as MonoBehaviour);
            }
        }

        public bool isActiveAndEnabled => !Gone && _enabled && gameObject.activeInHierarchy;
    }

    // docs.unity3d.com/ScriptReference/MonoBehaviour.html
    public class MonoBehaviour : Behaviour
    {
        internal bool Awoken, Started, IsOn;

        internal override void Die()
        {
            if (IsOn)
            {
                IsOn = false;
                Messages.Send(this, "OnDisable");
            }
            if (Awoken)
            {
                Messages.Send(this, "OnDestroy");
            }
            base.Die();
        }
    }

    // docs.unity3d.com/ScriptReference/Transform.html, without scale
    public sealed class Transform : Component
    {
        internal readonly List<Transform> Children = new List<Transform>();

        public Transform parent { get; private set; }
        public Vector3 localPosition { get; set; }
        public Quaternion localRotation { get; set; } = Quaternion.identity;

        public Vector3 position
        {
            get { return parent == null ? localPosition : parent.TransformPoint(localPosition); }
            set { localPosition = parent == null ? value
                : Quaternion.Inverse(parent.rotation) * (value - parent.position); }
        }

        public Quaternion rotation
        {
            get { return parent == null ? localRotation : parent.rotation * localRotation; }
            set { localRotation = parent == null ? value : Quaternion.Inverse(parent.rotation) * value; }
        }

        public void SetParent(Transform to, bool worldPositionStays)
        {
            if (parent != null)
            {
                parent.Children.Remove(this);
            }
            parent = to;
            if (to != null)
            {
                to.Children.Add(this);
            }
        }

        public Transform Find(string n)  // of the imitation: a child, not a path
        {
            return Children.Find(child => child.name == n);
        }

        public Vector3 TransformPoint(Vector3 local)
        {
            return position + rotation * local;
        }

        public Vector3 InverseTransformDirection(Vector3 world)
        {
            return Quaternion.Inverse(rotation) * world;
        }
    }

    /// <summary>Of the imitation: Unity's messages, docs.unity3d.com/Manual/ExecutionOrder.html. In edit mode they go
    /// to [ExecuteAlways] alone.</summary>
    public static class Messages
    {
        private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic
            | BindingFlags.DeclaredOnly;
        private static readonly Dictionary<MonoBehaviour, Dictionary<string, Action>> Bound
            = new Dictionary<MonoBehaviour, Dictionary<string, Action>>();

        public static void Settle(GameObject one)
        {
            foreach (Component component in one.Components.ToArray())
            {
                Settle(component as MonoBehaviour);
            }
            foreach (Transform child in one.transform.Children.ToArray())
            {
                Settle(child.gameObject);
            }
        }

        public static void Settle(MonoBehaviour behaviour)
        {
            if (ReferenceEquals(behaviour, null) || behaviour.Gone || !Runs(behaviour))
            {
                return;
            }
            bool on = behaviour.isActiveAndEnabled;
            if (on && !behaviour.Awoken)
            {
                behaviour.Awoken = true;
                Send(behaviour, "Awake");
            }
            if (on != behaviour.IsOn)
            {
                behaviour.IsOn = on;
                Send(behaviour, on ? "OnEnable" : "OnDisable");
            }
        }

        public static bool Runs(MonoBehaviour behaviour)
        {
            return Application.isPlaying || behaviour.GetType().IsDefined(typeof(ExecuteAlways), true);
        }

        /// <summary>A script that throws does not stop the game.</summary>
        public static void Send(MonoBehaviour to, string message)
        {
            Action action = Find(to, message);
            if (action == null)
            {
                return;
            }
            try
            {
                action();
            }
            catch (Exception error)
            {
                Debug.LogException(error, to);
            }
        }

        private static Action Find(MonoBehaviour to, string message)
        {
            Dictionary<string, Action> own;
            if (!Bound.TryGetValue(to, out own))
            {
                Bound[to] = own = new Dictionary<string, Action>();
            }
            Action action;
            if (!own.TryGetValue(message, out action))
            {
                MethodInfo method = null;
                for (Type type = to.GetType(); type != null && method == null; type = type.BaseType)
                {
                    method = type.GetMethod(message, Any, null, Type.EmptyTypes, null);
                }
                own[message] = action = method == null ? null
                    : (Action)Delegate.CreateDelegate(typeof(Action), to, method);
            }
            return action;
        }
    }

    // docs.unity3d.com/ScriptReference/ExecuteAlways.html and the pages of the others
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class ExecuteAlways : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class DisallowMultipleComponent : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public sealed class RequireComponent : Attribute
    {
        internal readonly Type Type;

        public RequireComponent(Type requiredComponent)
        {
            Type = requiredComponent;
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class AddComponentMenu : Attribute
    {
        public AddComponentMenu(string menuName)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CreateAssetMenuAttribute : Attribute
    {
        public string menuName { get; set; }
        public string fileName { get; set; }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class SerializeField : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class TooltipAttribute : Attribute
    {
        public TooltipAttribute(string tooltip)
        {
        }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class RangeAttribute : Attribute
    {
        public RangeAttribute(float min, float max)
        {
        }
    }

    // docs.unity3d.com/ScriptReference/RuntimeInitializeOnLoadMethodAttribute.html
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class RuntimeInitializeOnLoadMethodAttribute : Attribute
    {
        public readonly RuntimeInitializeLoadType loadType;

        public RuntimeInitializeOnLoadMethodAttribute(RuntimeInitializeLoadType loadType)
        {
            this.loadType = loadType;
        }
    }

    public enum RuntimeInitializeLoadType
    {
        AfterSceneLoad,
        BeforeSceneLoad,
        AfterAssembliesLoaded,
        BeforeSplashScreen,
        SubsystemRegistration,
    }

    // docs.unity3d.com/ScriptReference/Application.html
    public static class Application
    {
        public static event Action quitting;

        public static bool isPlaying { get; set; }  // settable here alone
        public static string unityVersion => "2021.3.0f1";

        public static void Quit()  // of the imitation
        {
            if (quitting != null)
            {
                quitting();
            }
        }
    }

    // docs.unity3d.com/ScriptReference/Time.html
    public static class Time
    {
        private static readonly System.Diagnostics.Stopwatch Watch = System.Diagnostics.Stopwatch.StartNew();

        public static float realtimeSinceStartup => (float)Watch.Elapsed.TotalSeconds;
        public static float deltaTime => 1 / 60f;
    }

    // docs.unity3d.com/ScriptReference/Debug.html
    public static class Debug
    {
        public static readonly List<string> Said = new List<string>();  // of the imitation

        public static void Log(object message)
        {
            Said.Add("" + message);
        }

        public static void LogWarning(object message, Object context = null)
        {
            Said.Add("warning: " + message);
        }

        public static void LogError(object message)
        {
            Said.Add("error: " + message);
        }

        public static void LogException(Exception exception, Object context = null)
        {
            Said.Add("exception: " + exception);
        }
    }

    // docs.unity3d.com/ScriptReference/Camera.html
    public sealed class Camera : Behaviour
    {
        public static Camera main { get; set; }  // settable here alone
    }

    // docs.unity3d.com/ScriptReference/SystemInfo.html
    public static class SystemInfo
    {
        public static bool HasBc1 = true;  // of the imitation
        public static int processorCount => Environment.ProcessorCount + 2;
        public static Rendering.CopyTextureSupport copyTextureSupport => Rendering.CopyTextureSupport.Basic;

        public static bool SupportsTextureFormat(TextureFormat format)
        {
            return format != TextureFormat.DXT1 || HasBc1;
        }
    }
}

namespace UnityEngine.Events
{
    // docs.unity3d.com/ScriptReference/Events.UnityEvent.html
    public delegate void UnityAction();

    public delegate void UnityAction<T>(T value);

    public class UnityEvent
    {
        private UnityAction _listeners;

        public void AddListener(UnityAction call)
        {
            _listeners += call;
        }

        public void RemoveListener(UnityAction call)
        {
            _listeners -= call;
        }

        public void Invoke()
        {
            if (_listeners != null)
            {
                _listeners();
            }
        }
    }

    public class UnityEvent<T>
    {
        private UnityAction<T> _listeners;

        public void AddListener(UnityAction<T> call)
        {
            _listeners += call;
        }

        public void Invoke(T value)
        {
            if (_listeners != null)
            {
                _listeners(value);
            }
        }
    }
}

namespace UnityEngine.Scripting
{
    // docs.unity3d.com/ScriptReference/Scripting.AlwaysLinkAssemblyAttribute.html
    [AttributeUsage(AttributeTargets.Assembly)]
    public sealed class AlwaysLinkAssemblyAttribute : Attribute
    {
    }
}

namespace UnityEngine.SceneManagement
{
    // docs.unity3d.com/ScriptReference/SceneManagement.Scene.html
    public struct Scene
    {
    }
}
