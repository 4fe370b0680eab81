namespace Talkwire.Core
{
    /// <summary>From the wire's space (metres, right-handed, +Y up, +Z out of the face, counter-clockwise fronts)
    /// to an engine's. Both engines are left-handed, so that the map is a mirror and rotations change their sense.
    /// Which side of a triangle (a, b, c) is its front does not follow from that: for Unity it is where (b - a) x
    /// (c - a) points, so that the order is reversed; for Unreal where (c - a) x (b - a) does, so that it
    /// stays.</summary>
    public sealed class AxisMap
    {
        public static readonly AxisMap Unity = new AxisMap(0, 1, 2, -1, 1, 1, 1, true);  // (-x, y, z), metres
        public static readonly AxisMap Unreal = new AxisMap(0, 2, 1, 1, 1, 1, 100, false);  // (x, z, y), centimetres

        /// <summary>Units of the engine in a metre.</summary>
        public readonly float Scale;
        private readonly int _axisX, _axisY, _axisZ;  // of the wire, for each of the engine's
        private readonly float _signX, _signY, _signZ;
        private readonly bool _reversed;

        private AxisMap(int axisX, int axisY, int axisZ, float signX, float signY, float signZ,
            float scale, bool reversed)
        {
            _axisX = axisX;
            _axisY = axisY;
            _axisZ = axisZ;
            _signX = signX;
            _signY = signY;
            _signZ = signZ;
            Scale = scale;
            _reversed = reversed;
        }

        /// <summary>So many points, 3 floats each. from and to may be the same.</summary>
        public void Positions(float[] from, int count, float[] to)
        {
            Move(from, count, Scale, to);
        }

        /// <summary>The same for normals: turned, not scaled.</summary>
        public void Directions(float[] from, int count, float[] to)
        {
            Move(from, count, 1, to);
        }

        /// <summary>A rotation, xyzw. from and to may be the same.</summary>
        public void Rotation(float[] from, float[] to)
        {
            float x = from[_axisX], y = from[_axisY], z = from[_axisZ];
            to[0] = -_signX * x;  // the axis is mirrored with all else, and the sense of turning once more
            to[1] = -_signY * y;
            to[2] = -_signZ * z;
            to[3] = from[3];
        }

        /// <summary>So many triangles, 3 indices each: their fronts stay fronts. from and to may be the same.</summary>
        public void Triangles(int[] from, int count, int[] to)
        {
            for (int t = 0; t < 3 * count; t += 3)
            {
                int b = from[t + 1], c = from[t + 2];
                to[t] = from[t];
                to[t + 1] = _reversed ? c : b;
                to[t + 2] = _reversed ? b : c;
            }
        }

        private void Move(float[] from, int count, float scale, float[] to)
        {
            int axisX = _axisX, axisY = _axisY, axisZ = _axisZ;
            float byX = _signX * scale, byY = _signY * scale, byZ = _signZ * scale;
            for (int v = 0; v < 3 * count; v += 3)
            {
                float x = from[v + axisX], y = from[v + axisY], z = from[v + axisZ];
                to[v] = byX * x;
                to[v + 1] = byY * y;
                to[v + 2] = byZ * z;
            }
        }
    }
}
