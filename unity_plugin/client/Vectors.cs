using System;
using System.IO;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Client
{
    /// <summary>talkwire-vectors FOLDER: what this core makes of every .bin in it, one line of JSON each, in the
    /// order of their names: the fields, or {"refused": the problem}.</summary>
    public static class Vectors
    {
        public static int Main(string[] args)
        {
            if (args.Length != 1 || !Directory.Exists(args[0]))
            {
                Console.Error.WriteLine("usage: talkwire-vectors FOLDER");
                return 2;
            }
            string[] files = Directory.GetFiles(args[0], "*.bin");
            Array.Sort(files, string.CompareOrdinal);
            var codec = new MessageCodec();
            foreach (string file in files)
            {
                Console.WriteLine(Line(codec, new Bytes(File.ReadAllBytes(file))));
            }
            return 0;
        }

        /// <summary>A part of either socket: one that begins with a topic is of a media socket, as no MessagePack array
        /// begins so.</summary>
        public static Problem Read(MessageCodec codec, Bytes part, out Media media)
        {
            if (part.Count > 0 && part[0] == 't')
            {
                return codec.DecodeMedia(part, out media);
            }
            media = default(Media);
            return codec.Decode(part, Kinds.Requests | Kinds.Replies, out media.Message);
        }

        private static string Line(MessageCodec codec, Bytes part)
        {
            Media media;
            Problem problem = Read(codec, part, out media);
            JsonWriter line = new JsonWriter().Open('{');
            if (problem != null)
            {
                line.Key("refused").Value(problem.ToString());
            }
            else
            {
                if (media.Session != null)
                {
                    line.Key("session").Value(media.Session).Key("plane").Value(media.Plane);
                }
                JsonFields.Write(media.Message, line);
            }
            return line.Close('}').ToString();
        }
    }
}
