using System;
using System.Collections.Generic;
using Talkwire.Client;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>--run Mutations TIMES SEED: vectors with their bytes changed at random go through everything that reads
    /// what a peer sent. Each is read or refused; an exception, which ends the program, is a fault.</summary>
    public static class Mutations
    {
        private static readonly byte[] Telling =
        {
            0x00, 0x7f, 0x80, 0x90, 0x9f, 0xa0, 0xc0, 0xc1, 0xc4, 0xc6, 0xca, 0xcb, 0xcf, 0xd3, 0xd9, 0xdb, 0xdc, 0xdd,
            0xdf, 0xff,
        };


        public static int Run(string[] args)
        {
            var random = new Random(int.Parse(args[1]));
            var seeds = new List<Bytes>();
            foreach (string name in Vector.Names())
            {
                seeds.Add(Vector.Bytes(name));
            }
            var mesh = Vector.Media<Mesh>("mesh");
            var vertices = new Vertices(mesh);
            var basis = new BasisSum(Vector.Media<Basis>("basis"));
            var codec = new MessageCodec();
            int read = 0, times = int.Parse(args[0]);
            for (int tried = 0; tried < times; tried++)
            {
                byte[] data = Mutated(seeds, random);
                try
                {
                    read += Survives(codec, vertices, basis, new Bytes(data)) ? 1 : 0;
                }
                catch (Exception error)
                {
                    Console.WriteLine(MessageTests.Hex(new Bytes(data)) + "\n" + error);
                    return 1;
                }
            }
            Console.WriteLine(times + " tried, " + read + " of them messages");
            return read > 0 ? 0 : 1;
        }

        private static bool Survives(MessageCodec codec, Vertices vertices, BasisSum basis, Bytes data)
        {
            Media media;
            if (Vectors.Read(codec, data, out media) != null)
            {
                return false;
            }
            Message message = media.Message;
            Check.Good(codec.Encode(message, new MsgPackWriter()));  // what was read can be written
            var out_vx3 = new float[3 * vertices.Count];
            if (message is Frame)
            {
                new Face().Read((Frame)message);
                vertices.Decode((Frame)message, out_vx3);
            }
            if (message is Coefficients)
            {
                new Face().Read((Coefficients)message);
                basis.Read((Coefficients)message, new float[basis.CoefficientCount]);
            }
            if (message is Basis)
            {
                var sum = new BasisSum((Basis)message);
                sum.Sum(new float[sum.CoefficientCount], new float[3 * sum.Count]);
            }
            if (message is Mesh)
            {
                var of = (Mesh)message;
                new VertexNormals(of).Compute(new float[3 * of.VertexCount], new float[3 * of.VertexCount]);
            }
            return true;
        }

        // a few bytes changed, cut out, doubled, or the rest of another message instead of its own
        private static byte[] Mutated(List<Bytes> seeds, Random random)
        {
            var data = new List<byte>(seeds[random.Next(seeds.Count)].ToArray());
            for (int changes = 1 + random.Next(4); changes > 0 && data.Count > 0; changes--)
            {
                int at = random.Next(data.Count), length = Math.Min(1 + random.Next(8), data.Count - at);
                switch (random.Next(6))
                {
                    case 0:
                        data[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        data[at] = Telling[random.Next(Telling.Length)];
                        break;
                    case 2:
                        data.RemoveRange(at, length);
                        break;
                    case 3:
                        data.InsertRange(at, data.GetRange(at, length));
                        break;
                    case 4:
                        data[at] ^= (byte)(1 << random.Next(8));
                        break;
                    default:
                        byte[] other = seeds[random.Next(seeds.Count)].ToArray();
                        data.RemoveRange(at, data.Count - at);
                        int from = random.Next(other.Length);
                        data.AddRange(new ArraySegment<byte>(other, from, other.Length - from));
                        break;
                }
            }
            return data.ToArray();
        }
    }
}
