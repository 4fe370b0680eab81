using System;
using System.Runtime.InteropServices;

namespace UnityEngine
{
    // docs.unity3d.com/ScriptReference/Vector2.html
    [StructLayout(LayoutKind.Sequential)]
    public struct Vector2
    {
        public float x, y;

        public Vector2(float x, float y)
        {
            this.x = x;
            this.y = y;
        }
    }

    // docs.unity3d.com/ScriptReference/Vector3.html
    [StructLayout(LayoutKind.Sequential)]
    public struct Vector3
    {
        public float x, y, z;

        public Vector3(float x, float y, float z)
        {
            this.x = x;
            this.y = y;
            this.z = z;
        }

        public static Vector3 zero => new Vector3();
        public static Vector3 one => new Vector3(1, 1, 1);
        public static Vector3 forward => new Vector3(0, 0, 1);
        public float magnitude => (float)Math.Sqrt(Dot(this, this));

        public static float Dot(Vector3 a, Vector3 b)
        {
            return a.x * b.x + a.y * b.y + a.z * b.z;
        }

        public static Vector3 Cross(Vector3 a, Vector3 b)
        {
            return new Vector3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
        }

        public static float Distance(Vector3 a, Vector3 b)
        {
            return (a - b).magnitude;
        }

        public static Vector3 operator +(Vector3 a, Vector3 b)
        {
            return new Vector3(a.x + b.x, a.y + b.y, a.z + b.z);
        }

        public static Vector3 operator -(Vector3 a, Vector3 b)
        {
            return new Vector3(a.x - b.x, a.y - b.y, a.z - b.z);
        }

        public static Vector3 operator *(Vector3 a, float b)
        {
            return new Vector3(a.x * b, a.y * b, a.z * b);
        }
    }

    // docs.unity3d.com/ScriptReference/Quaternion.html
    public struct Quaternion
    {
        public float x, y, z, w;

        public Quaternion(float x, float y, float z, float w)
        {
            this.x = x;
            this.y = y;
            this.z = z;
            this.w = w;
        }

        public float this[int index] => index == 0 ? x : index == 1 ? y : index == 2 ? z : w;
        public static Quaternion identity => new Quaternion(0, 0, 0, 1);

        public static Quaternion Inverse(Quaternion a)
        {
            return new Quaternion(-a.x, -a.y, -a.z, a.w);
        }

        public static Quaternion Slerp(Quaternion a, Quaternion b, float t)  // of the imitation: its ends alone
        {
            return t < 0.5f ? a : b;
        }

        public static Quaternion Euler(float x, float y, float z)
        {
            return Turn(y, 1) * Turn(x, 0) * Turn(z, 2);
        }

        public static Quaternion operator *(Quaternion a, Quaternion b)
        {
            Vector3 u = new Vector3(a.x, a.y, a.z), v = new Vector3(b.x, b.y, b.z);
            Vector3 axis = v * a.w + u * b.w + Vector3.Cross(u, v);
            return new Quaternion(axis.x, axis.y, axis.z, a.w * b.w - Vector3.Dot(u, v));
        }

        public static Vector3 operator *(Quaternion a, Vector3 b)
        {
            Vector3 u = new Vector3(a.x, a.y, a.z), t = Vector3.Cross(u, b) * 2;
            return b + t * a.w + Vector3.Cross(u, t);
        }

        private static Quaternion Turn(float degrees, int axis)
        {
            float half = degrees * Mathf.Deg2Rad / 2, sine = (float)Math.Sin(half);
            return new Quaternion(axis == 0 ? sine : 0, axis == 1 ? sine : 0, axis == 2 ? sine : 0,
                (float)Math.Cos(half));
        }
    }

    // docs.unity3d.com/ScriptReference/Bounds.html
    public struct Bounds
    {
        public Bounds(Vector3 center, Vector3 size)
        {
            min = center - size * 0.5f;
            max = center + size * 0.5f;
        }

        public Vector3 min { get; set; }
        public Vector3 max { get; set; }
        public Vector3 center => (min + max) * 0.5f;
        public Vector3 size => max - min;

        public void Encapsulate(Vector3 at)
        {
            min = new Vector3(Math.Min(min.x, at.x), Math.Min(min.y, at.y), Math.Min(min.z, at.z));
            max = new Vector3(Math.Max(max.x, at.x), Math.Max(max.y, at.y), Math.Max(max.z, at.z));
        }

        public void Expand(float amount)
        {
            min = min - Vector3.one * (amount / 2);
            max = max + Vector3.one * (amount / 2);
        }
    }

    // docs.unity3d.com/ScriptReference/Mathf.html
    public static class Mathf
    {
        public const float Rad2Deg = (float)(180 / Math.PI), Deg2Rad = (float)(Math.PI / 180);

        public static float Abs(float a)
        {
            return Math.Abs(a);
        }

        public static float Atan2(float y, float x)
        {
            return (float)Math.Atan2(y, x);
        }

        public static float Clamp(float value, float low, float high)
        {
            return Math.Max(low, Math.Min(high, value));
        }

        public static float Clamp01(float value)
        {
            return Clamp(value, 0, 1);
        }

        public static float Max(float a, float b)
        {
            return Math.Max(a, b);
        }

        public static int Max(int a, int b)
        {
            return Math.Max(a, b);
        }

        public static int CeilToInt(float a)
        {
            return (int)Math.Ceiling(a);
        }

        public static float Sqrt(float a)
        {
            return (float)Math.Sqrt(a);
        }
    }
}
