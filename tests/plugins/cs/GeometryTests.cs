using System;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>Halves, vertices, normals and axes. That they are the reference's numbers is compared from outside, by
    /// Decoded.</summary>
    public static class GeometryTests
    {
        public static void Halves()
        {
            Check.Equal(0f, Half.ToFloat(0));
            Check.Equal(1f, Half.ToFloat(0x3c00));
            Check.Equal(-2f, Half.ToFloat(0xc000));
            Check.Equal(65504f, Half.ToFloat(0x7bff));
            Check.Equal(6.103515625e-05f, Half.ToFloat(0x0400));  // the least normal one
            Check.Equal(6.09755516e-05f, Half.ToFloat(0x03ff));  // the greatest subnormal one
            Check.Equal(5.9604645e-08f, Half.ToFloat(0x0001));
            Check.That(float.IsPositiveInfinity(Half.ToFloat(0x7c00)), "inf");
            Check.That(float.IsNegativeInfinity(Half.ToFloat(0xfc00)), "-inf");
            Check.That(float.IsNaN(Half.ToFloat(0x7e00)), "NaN");
            Check.That(float.IsNegativeInfinity(1 / Half.ToFloat(0x8000)), "-0");
        }

        public static void A_frame_of_another_mesh_is_refused()
        {
            var vertices = new Vertices(Vector.Media<Mesh>("mesh"));
            var frame = Vector.Media<Frame>("frame_q16");
            var out_vx3 = new float[12];
            Check.Good(vertices.Decode(frame, out_vx3));
            Check.Near(-0.07, out_vx3[0], 2e-6);
            frame.Stamp.TopologyId = "fedcba9876543210";
            Check.Refused(vertices.Decode(frame, out_vx3), "of mesh fedcba9876543210");
            frame.Stamp.TopologyId = vertices.TopologyId;
            frame.VertexCount = 3;
            Check.Refused(vertices.Decode(frame, out_vx3), "saw 3 of mesh");
        }

        public static void Delta8_that_is_none_is_refused()
        {
            var vertices = new Vertices(Vector.Media<Mesh>("mesh"));
            var out_vx3 = new float[12];
            byte[] good = Vector.Media<Frame>("frame_delta8").Vertices.ToArray();
            for (int cut = 0; cut < good.Length; cut++)
            {
                Check.Refused(vertices.Decode(Delta8(good, cut), out_vx3));
            }
            foreach (float step in new[] { 0f, -1e-4f, 1.5f, float.NaN, float.PositiveInfinity })
            {
                byte[] wrong = (byte[])good.Clone();
                BitConverter.GetBytes(step).CopyTo(wrong, 0);
                Check.Refused(vertices.Decode(Delta8(wrong, wrong.Length), out_vx3), "a step of");
            }
            Check.Good(vertices.Decode(Delta8(good, good.Length), out_vx3));
            Check.Near(-0.07 + 0.0123, out_vx3[0], 1e-4);
        }

        public static void A_frame_with_other_coefficients_than_the_basis_is_refused()
        {
            var basis = new BasisSum(Vector.Media<Basis>("basis"));
            var frame = Vector.Media<Coefficients>("coefficients");
            var coefficients = new float[basis.CoefficientCount];
            Check.Good(basis.Read(frame, coefficients));
            Check.Equal(0.5f, coefficients[0]);
            Check.Equal(1f, coefficients[53]);
            var arkit = Vector.Media<Coefficients>("weights");
            Check.Refused(basis.Read(arkit, coefficients), "saw 0 numbers");
        }

        public static void A_face_is_read_of_both_kinds_of_frame()
        {
            var face = new Face();
            face.Read(Vector.Media<Frame>("frame_q16"));
            Check.Near(0.6, face.HeadRotation[1], 1e-6);
            Check.Near(1, face.Weights[51], 0);
            face.Read(Vector.Media<Coefficients>("coefficients"));
            Check.Near(0.6, face.HeadRotation[1], 1e-4);
            Check.Near(-0.002, face.HeadTranslationM[1], 1e-6);
        }

        public static void To_Unity()
        {
            Same(Mapped(AxisMap.Unity.Positions, 1, 2, 3), -1, 2, 3);
            Same(Mapped(AxisMap.Unity.Directions, 0, 0, 1), 0, 0, 1);  // out of the face stays +Z
            Same(Turned(AxisMap.Unity, 0.1f, 0.2f, 0.3f, 0.9f), 0.1f, -0.2f, -0.3f, 0.9f);
            Same(Triangle(AxisMap.Unity), 7, 9, 8);
        }

        public static void To_Unreal()
        {
            Same(Mapped(AxisMap.Unreal.Positions, 1, 2, 3), 100, 300, 200);
            Same(Mapped(AxisMap.Unreal.Directions, 0, 1, 0), 0, 0, 1);  // up is +Z
            Same(Turned(AxisMap.Unreal, 0.1f, 0.2f, 0.3f, 0.9f), -0.1f, -0.3f, -0.2f, 0.9f);
            Same(Triangle(AxisMap.Unreal), 7, 8, 9);
        }

        /// <summary>Turn and map, or map and turn: the same place.</summary>
        public static void A_rotation_turns_what_is_mapped_as_it_turned_what_was_not()
        {
            float[] q = { 0.18257419f, 0.36514837f, 0.5477226f, 0.73029674f }, point = { 0.3f, -0.2f, 0.5f };
            foreach (AxisMap map in new[] { AxisMap.Unity, AxisMap.Unreal })
            {
                float[] turned = Rotate(q, point), there = new float[3], mapped = new float[3], mappedQ = new float[4];
                map.Positions(turned, 1, there);
                map.Positions(point, 1, mapped);
                map.Rotation(q, mappedQ);
                Same(Rotate(mappedQ, mapped), there);
            }
        }

        public static void A_front_stays_a_front()
        {
            float[] corners = { 0, 0, 0, 1, 0, 0, 0, 1, 0 }, normal = { 0, 0, 1 };
            float[] mapped = new float[9], wanted = new float[3];
            foreach (AxisMap map in new[] { AxisMap.Unity, AxisMap.Unreal })
            {
                int[] order = { 0, 1, 2 };
                map.Positions(corners, 3, mapped);
                map.Directions(normal, 1, wanted);
                map.Triangles(order, 1, order);
                float[] cross = Cross(mapped, order[0], order[1], order[2]);
                float along = cross[0] * wanted[0] + cross[1] * wanted[1] + cross[2] * wanted[2];
                Check.That(map == AxisMap.Unity ? along > 0 : along < 0, "each engine's rule of fronts");
            }
        }

        public static void Decoding_allocates_nothing()
        {
            var vertices = new Vertices(Vector.Media<Mesh>("mesh"));
            var normals = new VertexNormals(Vector.Media<Mesh>("mesh"));
            var basis = new BasisSum(Vector.Media<Basis>("basis"));
            Frame q16 = Vector.Media<Frame>("frame_q16n"), delta8 = Vector.Media<Frame>("frame_delta8");
            Frame f32 = Vector.Media<Frame>("frame_f32");
            var frame = Vector.Media<Coefficients>("coefficients");
            float[] out_vx3 = new float[12], normals_vx3 = new float[12];
            var coefficients = new float[basis.CoefficientCount];
            var face = new Face();
            Check.AllocatesNothing(() =>
            {
                vertices.Decode(f32, out_vx3);
                vertices.Decode(delta8, out_vx3);
                vertices.Decode(q16, out_vx3);
                Normals.Decode(q16.Normals, normals_vx3);
                normals.Compute(out_vx3, normals_vx3);
                basis.Read(frame, coefficients);
                basis.Sum(coefficients, out_vx3);
                face.Read(frame);
                AxisMap.Unity.Positions(out_vx3, 4, out_vx3);
                AxisMap.Unity.Rotation(face.HeadRotation, face.HeadRotation);
            });
        }

        private static Frame Delta8(byte[] data, int count)
        {
            var frame = Vector.Media<Frame>("frame_delta8");
            frame.Vertices = new Bytes(data, 0, count);
            return frame;
        }

        private static float[] Mapped(Action<float[], int, float[]> map, float x, float y, float z)
        {
            float[] point = { x, y, z };
            map(point, 1, point);
            return point;
        }

        private static float[] Turned(AxisMap map, float x, float y, float z, float w)
        {
            float[] rotation = { x, y, z, w };
            map.Rotation(rotation, rotation);
            return rotation;
        }

        private static float[] Triangle(AxisMap map)
        {
            int[] corners = { 7, 8, 9 };
            map.Triangles(corners, 1, corners);
            return new float[] { corners[0], corners[1], corners[2] };
        }

        private static float[] Rotate(float[] q, float[] v)
        {
            float[] axis = { q[0], q[1], q[2] }, once = Cross(axis, v);
            float[] inner = { once[0] + q[3] * v[0], once[1] + q[3] * v[1], once[2] + q[3] * v[2] };
            float[] twice = Cross(axis, inner);
            return new[] { v[0] + 2 * twice[0], v[1] + 2 * twice[1], v[2] + 2 * twice[2] };
        }

        private static float[] Cross(float[] corners, int a, int b, int c)
        {
            float[] first = new float[3], second = new float[3];
            for (int i = 0; i < 3; i++)
            {
                first[i] = corners[3 * b + i] - corners[3 * a + i];
                second[i] = corners[3 * c + i] - corners[3 * a + i];
            }
            return Cross(first, second);
        }

        private static float[] Cross(float[] a, float[] b)
        {
            return new[] { a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0] };
        }

        private static void Same(float[] seen, params float[] wanted)
        {
            for (int i = 0; i < wanted.Length; i++)
            {
                Check.Near(wanted[i], seen[i], 1e-5 * Math.Max(1, Math.Abs(wanted[i])), "value " + i);
            }
        }
    }
}
