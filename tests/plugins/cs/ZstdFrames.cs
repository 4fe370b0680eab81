using System;
using System.Diagnostics;
using System.IO;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>What the decoder makes of frames: FRAMES OUT [REPEATS], as in tests/plugins/cpp/tool_zstd.cpp.</summary>
    public static class ZstdFrames
    {
        public static int Run(string[] args)
        {
            int repeats = args.Length > 2 ? int.Parse(args[2]) : 0;
            var frames = new Bytes(File.ReadAllBytes(args[0]));
            var zstd = new Zstd();
            using (FileStream file = File.Create(args[1]))
            {
                for (int at = 0; at + 8 <= frames.Count;)
                {
                    int length = frames.From(at).I32(1);
                    var output = new byte[frames.From(at).I32(0)];
                    var frame = new Bytes(frames.Slice(at + 8, length).ToArray());  // nothing lies behind it
                    bool good = zstd.Decode(frame, output) == null;
                    file.WriteByte((byte)(good ? 1 : 0));
                    file.Write(output, 0, good ? output.Length : 0);
                    Stopwatch watch = Stopwatch.StartNew();
                    for (int i = 0; i < repeats; i++)
                    {
                        zstd.Decode(frame, output);
                    }
                    if (repeats > 0)
                    {
                        Console.WriteLine(length + " bytes of " + output.Length + ": "
                            + (watch.Elapsed.TotalMilliseconds / repeats).ToString("0.0000") + " ms");
                    }
                    at += 8 + length;
                }
            }
            return 0;
        }
    }

    public static class ZstdTests
    {
        // zstd's own frame of 300 times "talkwire "
        private static readonly byte[] Talk =
        {
            0x28, 0xb5, 0x2f, 0xfd, 0x60, 0x8c, 0x09, 0x85, 0x00, 0x00, 0x48, 0x74, 0x61, 0x6c, 0x6b, 0x77, 0x69, 0x72,
            0x65, 0x20, 0x01, 0x00, 0x80, 0xa2, 0x5f, 0x8e
        };

        public static void DecodesWithoutAllocating()
        {
            var frame = new Bytes(Talk);
            var output = new byte[2700];
            var zstd = new Zstd();
            Check.AllocatesNothing(1000, () => Check.Good(zstd.Decode(frame, output)));
            for (int i = 0; i < output.Length; i++)
            {
                Check.Equal((byte)"talkwire "[i % 9], output[i], "byte " + i);
            }
        }

        public static void EveryTruncationIsRefused()
        {
            var zstd = new Zstd();
            for (int count = 0; count < Talk.Length; count++)
            {
                Check.Refused(zstd.Decode(new Bytes(Talk, 0, count), new byte[2700]), "zstd");
            }
        }
    }
}
