using System;

namespace Unity.Mathematics
{
    // docs.unity3d.com/Packages/com.unity.mathematics@1.2/api/Unity.Mathematics.float3.html
    public struct float3
    {
        public float x, y, z;

        public float3(float x, float y, float z)
        {
            this.x = x;
            this.y = y;
            this.z = z;
        }

        public float this[int index]
        {
            get { return index == 0 ? x : index == 1 ? y : z; }
        }

        public static float3 operator +(float3 lhs, float3 rhs)
        {
            return new float3(lhs.x + rhs.x, lhs.y + rhs.y, lhs.z + rhs.z);
        }

        public static float3 operator -(float3 lhs, float3 rhs)
        {
            return new float3(lhs.x - rhs.x, lhs.y - rhs.y, lhs.z - rhs.z);
        }
    }

    // .../Unity.Mathematics.math.html, and docs.unity.com/.../unity/mathematics/math/sqrt, which has one of double
    public static class math
    {
        public static int min(int x, int y)
        {
            return Math.Min(x, y);
        }

        public static int max(int x, int y)
        {
            return Math.Max(x, y);
        }

        public static double sqrt(double x)
        {
            return Math.Sqrt(x);
        }

        public static float3 cross(float3 x, float3 y)
        {
            return new float3(x.y * y.z - x.z * y.y, x.z * y.x - x.x * y.z, x.x * y.y - x.y * y.x);
        }
    }
}
