using System;

namespace Talkwire.Core
{
    /// <summary>Unit normals that come with a frame in two bytes: the octahedral map of Cigolle et al. 2014 (JCGT 3.2),
    /// signed. Within 1 degree.</summary>
    public static class Normals
    {
        private const int Most = 127;

        /// <summary>2 i8 a vertex to 3 floats a vertex, in the wire's space.</summary>
        public static void Decode(Bytes octahedral, float[] normals_vx3)
        {
            byte[] data = octahedral.Array;
            int from = octahedral.Offset, count = octahedral.Count / 2;
            for (int v = 0, to = 0; v < count; v++, from += 2, to += 3)
            {
                int x = (sbyte)data[from], y = (sbyte)data[from + 1];  // in 127ths, as a length does not matter yet
                int besideX = Most - Math.Abs(x), besideY = Most - Math.Abs(y), z = besideX - Math.Abs(y);
                if (z < 0)  // the square's four corners are the lower half of the octahedron, folded out
                {
                    x = x < 0 ? -besideY : besideY;
                    y = y < 0 ? -besideX : besideX;
                }
                float scale = (float)(1 / Math.Sqrt(x * x + y * y + z * z));
                normals_vx3[to] = x * scale;
                normals_vx3[to + 1] = y * scale;
                normals_vx3[to + 2] = z * scale;
            }
        }
    }

    /// <summary>Smooth normals of a mesh whose vertices move, weighted by triangle area. Vertices welded to one
    /// place share one normal, so that seams of the texture stay invisible. It has scratch: for one thread at a
    /// time.</summary>
    public sealed class VertexNormals
    {
        private const double LeastLength = 1e-20;  // below, the triangles around have no area

        private readonly int[] _cornersTx3, _weldV;
        private readonly float[] _sumsVx3;

        /// <summary>Copies the mesh's triangles and welds.</summary>
        public VertexNormals(Wire.Mesh mesh)
        {
            _weldV = new int[mesh.VertexCount];
            mesh.WeldV.CopyTo(_weldV, mesh.WeldV.Count);
            _cornersTx3 = new int[3 * mesh.TriangleCount];
            mesh.TrianglesTx3.CopyTo(_cornersTx3, mesh.TrianglesTx3.Count);
            for (int i = 0; i < _cornersTx3.Length; i++)
            {
                _cornersTx3[i] = 3 * _weldV[_cornersTx3[i]];  // where its floats begin
            }
            _sumsVx3 = new float[3 * _weldV.Length];
        }

        public int Count => _weldV.Length;

        /// <summary>3 * Count floats to 3 * Count floats, both in the wire's space. A vertex without an area around it
        /// gets +Z, out of the face.</summary>
        public void Compute(float[] vertices_vx3, float[] normals_vx3)
        {
            Array.Clear(_sumsVx3, 0, _sumsVx3.Length);
            SumFaces(vertices_vx3);
            for (int v = 0; v < _sumsVx3.Length; v += 3)
            {
                Normalise(v);
            }
            for (int v = 0, to = 0; v < _weldV.Length; v++, to += 3)
            {
                int from = 3 * _weldV[v];
                normals_vx3[to] = _sumsVx3[from];
                normals_vx3[to + 1] = _sumsVx3[from + 1];
                normals_vx3[to + 2] = _sumsVx3[from + 2];
            }
        }

        // the cross product of two sides is as long as twice the triangle's area
        private void SumFaces(float[] vertices_vx3)
        {
            int[] corners = _cornersTx3;
            float[] sums = _sumsVx3;
            for (int t = 0; t + 2 < corners.Length; t += 3)
            {
                int a = corners[t], b = corners[t + 1], c = corners[t + 2];
                float ax = vertices_vx3[a], ay = vertices_vx3[a + 1], az = vertices_vx3[a + 2];
                float ux = vertices_vx3[b] - ax, uy = vertices_vx3[b + 1] - ay, uz = vertices_vx3[b + 2] - az;
                float wx = vertices_vx3[c] - ax, wy = vertices_vx3[c + 1] - ay, wz = vertices_vx3[c + 2] - az;
                float x = uy * wz - uz * wy, y = uz * wx - ux * wz, z = ux * wy - uy * wx;
                sums[a] += x;
                sums[a + 1] += y;
                sums[a + 2] += z;
                sums[b] += x;
                sums[b + 1] += y;
                sums[b + 2] += z;
                sums[c] += x;
                sums[c + 1] += y;
                sums[c + 2] += z;
            }
        }

        private void Normalise(int v)
        {
            double x = _sumsVx3[v], y = _sumsVx3[v + 1], z = _sumsVx3[v + 2];
            double length = Math.Sqrt(x * x + y * y + z * z);
            if (!(length >= LeastLength))  // NaN is not
            {
                _sumsVx3[v] = _sumsVx3[v + 1] = 0;
                _sumsVx3[v + 2] = 1;
                return;
            }
            _sumsVx3[v] = (float)(x / length);
            _sumsVx3[v + 1] = (float)(y / length);
            _sumsVx3[v + 2] = (float)(z / length);
        }
    }
}
