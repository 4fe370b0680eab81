using System;
using System.IO;
using Talkwire.Client;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>--run Decoded FOLDER: the vertices and normals that this core makes of the frames in it, for who
    /// has the reference's. FOLDER has mesh.bin, basis.bin and any number of frame_*.bin; one line of JSON for each
    /// frame.</summary>
    public static class Decoded
    {
        public static int Run(string[] args)
        {
            var mesh = (Mesh)Read(Path.Combine(args[0], "mesh.bin"));
            var basis = new BasisSum((Basis)Read(Path.Combine(args[0], "basis.bin")));
            string[] files = Directory.GetFiles(args[0], "frame_*.bin");
            Array.Sort(files, string.CompareOrdinal);
            foreach (string file in files)
            {
                Message message = Read(file);
                var vertices_vx3 = new float[3 * mesh.VertexCount];
                JsonWriter line = new JsonWriter().Open('{').Key("name").Value(Path.GetFileNameWithoutExtension(file));
                Problem problem = message is Frame ? new Vertices(mesh).Decode((Frame)message, vertices_vx3)
                    : Summed(basis, (Coefficients)message, vertices_vx3);
                if (problem != null)
                {
                    Console.WriteLine(line.Key("refused").Value(problem.ToString()).Close('}'));
                    continue;
                }
                var normals_vx3 = new float[vertices_vx3.Length];
                new VertexNormals(mesh).Compute(vertices_vx3, normals_vx3);
                line.Key("vertices").Value(Hex(vertices_vx3)).Key("normals").Value(Hex(normals_vx3));
                var frame = message as Frame;
                if (frame != null && frame.Normals.Count > 0)
                {
                    Normals.Decode(frame.Normals, normals_vx3);
                    line.Key("sent_normals").Value(Hex(normals_vx3));
                }
                Console.WriteLine(line.Close('}'));
            }
            return 0;
        }

        private static Problem Summed(BasisSum basis, Coefficients frame, float[] vertices_vx3)
        {
            var coefficients = new float[basis.CoefficientCount];
            Problem problem = basis.Read(frame, coefficients);
            if (problem == null)
            {
                basis.Sum(coefficients, vertices_vx3);
            }
            return problem;
        }

        private static Message Read(string file)
        {
            Media media;
            Check.Good(new MessageCodec().DecodeMedia(new Bytes(File.ReadAllBytes(file)), out media));
            return media.Message;
        }

        private static string Hex(float[] values)
        {
            var bytes = new byte[4 * values.Length];
            Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
            return MessageTests.Hex(new Bytes(bytes));
        }
    }
}
