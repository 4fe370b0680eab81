using Talkwire.Core;

namespace Talkwire.Tests
{
    public static class MsgPackTests
    {
        private static readonly long[] Integers =
        {
            0, 1, 127, 128, 255, 256, 65535, 65536, uint.MaxValue, 1L << 32, long.MaxValue,
            -1, -32, -33, -128, -129, -32768, -32769, int.MinValue, int.MinValue - 1L, long.MinValue,
        };

        public static void Integers_come_back_and_each_is_written_in_its_shortest_form()
        {
            int[] sizes = { 1, 1, 1, 2, 2, 3, 3, 5, 5, 9, 9, 1, 1, 2, 2, 3, 3, 5, 5, 9, 9 };
            var writer = new MsgPackWriter();
            var reader = new MsgPackReader();
            for (int i = 0; i < Integers.Length; i++)
            {
                writer.Clear();
                writer.Integer(Integers[i]);
                Check.Equal(sizes[i], writer.Count, "bytes of " + Integers[i]);
                reader.Start(writer.Written);
                long value;
                bool huge;
                Check.That(reader.Integer(out value, out huge) && !huge && reader.Left == 0, "" + Integers[i]);
                Check.Equal(Integers[i], value);
            }
        }

        public static void An_integer_beyond_63_bits_is_huge()
        {
            var reader = new MsgPackReader();
            reader.Start(MessageTests.FromHex("cf8000000000000000"));
            long value;
            bool huge;
            Check.That(reader.Integer(out value, out huge) && huge, "2^63 is huge");
        }

        public static void Both_floats_are_read()
        {
            var reader = new MsgPackReader();
            double value;
            reader.Start(MessageTests.FromHex("ca3fc00000"));
            Check.That(reader.Real(out value) && value == 1.5, "f32");
            reader.Start(MessageTests.FromHex("cbbff8000000000000"));
            Check.That(reader.Real(out value) && value == -1.5, "f64");
        }

        public static void Lengths_are_checked_before_anything_is_taken()
        {
            foreach (string hex in new[]
            {
                "c6ffffffff", "c67fffffff00", "c4", "c5ff", "dbffffffff", "d90161", "ddffffffff", "dc0080", "a561",
            })
            {
                var reader = new MsgPackReader();
                reader.Start(MessageTests.FromHex(hex));
                Bytes bytes;
                int count;
                bool good = reader.Binary(out bytes) || reader.Text(out bytes, out count) || reader.Array(out count);
                Check.That(!good == (hex != "d90161"), hex);
            }
        }

        public static void Texts_and_bytes_of_every_size_of_head_come_back()
        {
            var writer = new MsgPackWriter();
            var reader = new MsgPackReader();
            foreach (int length in new[] { 0, 1, 31, 32, 255, 256, 2048 })
            {
                writer.Clear();
                writer.Text(new string('x', length));
                writer.Binary(new Bytes(new byte[length]));
                writer.Binary(new Bytes(new byte[70000]));
                reader.Start(writer.Written);
                Bytes text, bytes, many;
                int chars;
                Check.That(reader.Text(out text, out chars) && reader.Binary(out bytes) && reader.Binary(out many)
                    && reader.Left == 0 && text.Count == length && chars == length && bytes.Count == length
                    && many.Count == 70000, "" + length);
            }
        }

        public static void Utf8_is_strict()
        {
            foreach (string good in new[]
            {
                "", "61", "c3a9", "e298ba", "f09f9880", "f48fbfbf", "ed9fbf", "ee8080", "00",
            })
            {
                Check.That(Utf8.CharsIn(MessageTests.FromHex(good)) == (good == "" ? 0 : 1), good);
            }
            foreach (string bad in new[]
            {
                "80", "c080", "c1bf", "e0809f", "eda080", "f0808080", "f4908080", "f5808080", "ff", "e298",
                "c3", "c328",
            })
            {
                Check.Equal(-1, Utf8.CharsIn(MessageTests.FromHex(bad)), bad);
            }
        }

        public static void Words_are_made_once_and_told_apart()
        {
            var cache = new WordCache();
            var names = new string[64];
            for (int i = 0; i < names.Length; i++)
            {
                names[i] = cache.Take(Ascii("npc_" + i));
                Check.Equal("npc_" + i, names[i]);
            }
            Check.That(ReferenceEquals(names[63], cache.Take(Ascii("npc_63"))), "the same object");
            Check.Equal("\u00e9", cache.Take(MessageTests.FromHex("c3a9")));
            Check.Equal("\u00e9", cache.Take(MessageTests.FromHex("c3a9")));
        }

        private static Bytes Ascii(string text)
        {
            return new Bytes(System.Text.Encoding.ASCII.GetBytes(text));
        }
    }
}
