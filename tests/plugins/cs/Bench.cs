using System;
using System.Diagnostics;
using Talkwire.Client;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>--run Bench FOLDER: what a frame costs, p50 and p99 in ms, as JSON. FOLDER is as Decoded has it, of the
    /// mesh that is to be measured.</summary>
    public static class Bench
    {
        private const int Warm = 200, Times = 2000;

        public static int Run(string[] args)
        {
            JsonWriter report = new JsonWriter().Open('{');
            var mesh = (Mesh)Message(args[0], "mesh");
            var vertices = new Vertices(mesh);
            var normals = new VertexNormals(mesh);
            var basis = new BasisSum((Basis)Message(args[0], "basis"));
            float[] out_vx3 = new float[3 * mesh.VertexCount], normals_vx3 = new float[3 * mesh.VertexCount];
            var coefficients = new float[basis.CoefficientCount];
            report.Key("vertices").Value(mesh.VertexCount).Key("triangles").Value(mesh.TriangleCount);
            report.Key("coefficients").Value(basis.CoefficientCount);
            foreach (string codec in new[] { "f32", "q16", "delta8" })
            {
                var frame = (Frame)Message(args[0], "frame_" + codec);
                Measure(report, codec, () => vertices.Decode(frame, out_vx3));
            }
            var coded = (Frame)Message(args[0], "frame_q16n");
            Measure(report, "octahedral_normals", () => Normals.Decode(coded.Normals, normals_vx3));
            Measure(report, "normals_of_triangles", () => normals.Compute(out_vx3, normals_vx3));
            var short_frame = (Coefficients)Message(args[0], "frame_basis");
            Measure(report, "basis", () =>
            {
                basis.Read(short_frame, coefficients);
                basis.Sum(coefficients, out_vx3);
            });
            Measure(report, "axes", () => AxisMap.Unity.Positions(out_vx3, mesh.VertexCount, normals_vx3));
            var reader = new MessageCodec();
            Bytes part = Part(args[0], "frame_q16");
            Media media;
            Measure(report, "message", () => reader.DecodeMedia(part, out media));
            Console.WriteLine(report.Close('}'));
            return 0;
        }

        private static void Measure(JsonWriter report, string name, Action action)
        {
            var times_ms = new double[Times];
            for (int i = -Warm; i < Times; i++)
            {
                long start = Stopwatch.GetTimestamp();
                action();
                if (i >= 0)
                {
                    times_ms[i] = (Stopwatch.GetTimestamp() - start) * 1e3 / Stopwatch.Frequency;
                }
            }
            Array.Sort(times_ms);
            report.Key(name).Open('{');
            report.Key("p50_ms").Value(Math.Round(times_ms[Times / 2], 4));
            report.Key("p99_ms").Value(Math.Round(times_ms[Times * 99 / 100], 4)).Close('}');
        }

        private static Message Message(string folder, string name)
        {
            Media media;
            Check.Good(new MessageCodec().DecodeMedia(Part(folder, name), out media));
            return media.Message;
        }

        private static Bytes Part(string folder, string name)
        {
            return new Bytes(System.IO.File.ReadAllBytes(System.IO.Path.Combine(folder, name + ".bin")));
        }
    }
}
