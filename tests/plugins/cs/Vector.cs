using System;
using System.Collections.Generic;
using System.IO;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>The golden vectors of the protocol, and what tests do with them.</summary>
    public static class Vector
    {
        private static readonly string Folder =
            Environment.GetEnvironmentVariable("TALKWIRE_VECTORS") ?? "tests/bridge/vectors";

        public static IEnumerable<string> Names()
        {
            return In("");
        }

        public static IEnumerable<string> Refused()
        {
            return In("refused");
        }

        /// <summary>Its bytes, in the middle of others, so that who takes them for a whole array is found
        /// out.</summary>
        public static Bytes Bytes(string name)
        {
            byte[] data = File.ReadAllBytes(Path.Combine(Folder, name + ".bin"));
            var amid = new byte[data.Length + 12];
            for (int i = 0; i < amid.Length; i++)
            {
                amid[i] = 0xc1;  // which MessagePack never uses
            }
            Buffer.BlockCopy(data, 0, amid, 5, data.Length);
            return new Bytes(amid, 5, data.Length);
        }

        public static T Media<T>(string name) where T : Message
        {
            Media media;
            Check.Good(new MessageCodec().DecodeMedia(Bytes("media_" + name), out media));
            return (T)media.Message;
        }

        public static T Control<T>(string name) where T : Message
        {
            Message message;
            Bytes data = Bytes("control_" + name);
            Check.Good(new MessageCodec().Decode(data, Kinds.Requests | Kinds.Replies, out message));
            return (T)message;
        }

        private static IEnumerable<string> In(string folder)
        {
            string[] files = Directory.GetFiles(Path.Combine(Folder, folder), "*.bin");
            Check.That(files.Length > 20, "no vectors in " + Folder + "/" + folder);
            Array.Sort(files, string.CompareOrdinal);
            foreach (string file in files)
            {
                yield return Path.Combine(folder, Path.GetFileNameWithoutExtension(file));
            }
        }
    }
}
