using System.Collections.Generic;
using System.Text;
using Talkwire.Client;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    public static class MessageTests
    {
        public static void Every_vector_encodes_to_its_bytes()
        {
            var codec = new MessageCodec();
            var writer = new MsgPackWriter();
            foreach (string name in Vector.Names())
            {
                Bytes data = Vector.Bytes(name);
                Media media;
                Check.Good(Vectors.Read(codec, data, out media));
                writer.Clear();
                if (media.Session != null)
                {
                    writer.Plain(Topic.Of(media.Session, media.Plane));
                }
                Check.Good(codec.Encode(media.Message, writer));
                Check.Equal(Hex(data), Hex(writer.Written), name);
            }
        }

        public static void Every_truncation_is_refused()
        {
            var codec = new MessageCodec();
            foreach (string name in Vector.Names())
            {
                Bytes data = Vector.Bytes(name);
                for (int cut = 0; cut < data.Count; cut++)
                {
                    Media media;
                    Check.That(Vectors.Read(codec, data.Slice(0, cut), out media) != null, name + " cut to " + cut);
                    Check.That(media.Message == null, name + " cut to " + cut + " is refused and given");
                }
            }
        }

        public static void What_must_be_refused_is()
        {
            var codec = new MessageCodec();
            foreach (string name in Vector.Refused())
            {
                Media media;
                Check.That(Vectors.Read(codec, Vector.Bytes(name), out media) != null, name);
            }
        }

        public static void What_stands_after_a_message_is_refused()
        {
            foreach (string extra in new[] { "00", "c0", "9101", "6a756e6b" })
            {
                Check.Refused(Reading(Concat(Vector.Bytes("control_begin"), extra)), "not a talkwire message");
                Check.Refused(Reading(Concat(Vector.Bytes("media_frame_q16"), extra)), "not a talkwire message");
            }
        }

        public static void Fields_of_a_later_version_are_passed_over_however_deep()
        {
            // Begin's array has five values, 0x95; with three more there are eight
            string begin = "98" + Hex(Vector.Bytes("control_begin")).Substring(2);
            Check.Good(Reading(FromHex(begin + "c3" + "cb3ff8000000000000" + "93a361626392c401ff9101c0")));
            var nest = new StringBuilder("96" + begin.Substring(2));
            for (int i = 0; i < 100000; i++)
            {
                nest.Append("91");
            }
            Check.Good(Reading(FromHex(nest + "00")));
            Check.Refused(Reading(FromHex(nest.ToString())), "not a talkwire message");
        }

        public static void No_map_and_no_extension_anywhere()
        {
            string begin = "96" + Hex(Vector.Bytes("control_begin")).Substring(2);
            foreach (string extra in new[] { "80", "810102", "d40100", "c70001", "c1", "a1ff", "d9", "dd00000000" })
            {
                bool empty = extra == "dd00000000";  // an empty array, said at length
                Check.That(Reading(FromHex(begin + extra)) == null == empty, extra);
            }
        }

        public static void A_field_that_an_older_version_lacks_has_its_default_also_in_a_message_read_before()
        {
            var frame = new Frame();
            Media media;
            var codec = new MessageCodec();
            Check.Good(codec.DecodeMedia(Vector.Bytes("media_frame_q16n"), out media));
            Check.Equal(8, ((Frame)media.Message).Normals.Count);
            Check.Good(codec.DecodeMedia(Vector.Bytes("media_frame_q16_saving"), out media));
            Check.Equal(2, ((Frame)media.Message).Every);
            Check.Good(codec.DecodeMedia(Vector.Bytes("1.0/media_frame_q16"), out media));
            Check.Equal(1, ((Frame)media.Message).Every);
            Check.Equal(0, ((Frame)media.Message).Normals.Count);
            Check.Equal(1, frame.Every);
        }

        public static void Another_major_version_is_told_in_a_greeting_and_in_a_topic()
        {
            Check.Equal("version", Reading(Vector.Bytes("refused/hello_of_another_major")).Code);
            Check.Equal("version", Reading(new Bytes(Encoding.ASCII.GetBytes("tw2/nova/audio\0\x91\x01"))).Code);
            Check.Refused(Reading(FromHex("950200" + "07" + "00" + "a0")), "saw 7.0");
        }

        public static void A_message_that_stands_in_the_wrong_place_is_refused()
        {
            var codec = new MessageCodec();
            Message message;
            Bytes ping = Vector.Bytes("control_ping");
            Check.Refused(codec.Decode(ping, Kinds.Replies, out message), "does not belong here");
            Check.Refused(codec.Decode(ping, new Pong()), "saw Ping, wanted Pong");
            foreach (string tag in new[] { "917f", "91cfffffffffffffffff", "91ff" })
            {
                Check.Refused(codec.Decode(FromHex(tag), Kinds.Replies, out message), "does not belong here");
            }
            Check.Refused(codec.Decode(FromHex("90"), Kinds.Replies, out message), "not a talkwire message");
            Check.Refused(codec.Decode(default(Bytes), Kinds.Replies, out message), "not a talkwire message");
        }

        public static void A_problem_names_the_field_what_was_seen_and_what_was_wanted()
        {
            Check.Refused(Reading(Vector.Bytes("refused/begin_rate_0")),
                "Begin.sample_rate_hz is wrong: saw 0, wanted an integer from 4000 to 384000");
            Check.Refused(Reading(Vector.Bytes("refused/begin_line_bool")), "saw a bool, wanted an integer");
            Check.Refused(Reading(Vector.Bytes("refused/style_share_2")), "Style.emotions[0].share is wrong: saw 2");
            Check.Refused(Reading(Vector.Bytes("refused/patch_no_width")), "Patch.patches[");
            Check.Refused(Reading(Vector.Bytes("refused/open_climbs")), "'../nova'");
        }

        public static void What_a_program_gets_wrong_is_told_before_it_is_sent()
        {
            var codec = new MessageCodec();
            var writer = new MsgPackWriter();
            writer.Integer(1);
            Check.Refused(codec.Encode(new Open { Session = "no names with spaces" }, writer), "Open.session");
            Check.Refused(codec.Encode(new Open { Session = null }, writer), "null");
            Check.Refused(codec.Encode(new Hello { Capabilities = null }, writer), "Hello.capabilities");
            Check.Refused(codec.Encode(new Hello { Capabilities = new[] { "codec:q16", "A" } }, writer), "'A'");
            Check.Refused(codec.Encode(new Hello { Agent = "half a pair \ud800" }, writer), "Hello.agent");
            Check.Refused(codec.Encode(new Hello { Agent = new string('x', 513) }, writer), "513 characters");
            Check.Refused(codec.Encode(new Begin { Session = "nova", SampleRateHz = 3999 }, writer), "3999");
            Check.Refused(codec.Encode(new ChunkS16 { Session = "nova" }, writer), "0 bytes");
            var style = new Style { Session = "nova", Strength = double.NaN };
            Check.Refused(codec.Encode(style, writer), "NaN");
            style.Strength = 1;
            for (int i = 0; i < 65; i++)
            {
                style.Emotions.Add(new Emotion { Name = "joy", Share = 1 });
            }
            Check.Refused(codec.Encode(style, writer), "65");
            Check.Equal(1, writer.Count);
        }

        public static void Texts_hold_512_characters_whatever_their_bytes_are()
        {
            var codec = new MessageCodec();
            var writer = new MsgPackWriter();
            string smiles = new StringBuilder().Insert(0, "\U0001F600", 512).ToString();
            Check.Good(codec.Encode(new Hello { Agent = smiles }, writer));
            var read = new Hello();
            Check.Good(codec.Decode(writer.Written, read));
            Check.Equal(smiles, read.Agent);
            Check.Refused(codec.Encode(new Hello { Agent = smiles + "x" }, writer), "Hello.agent");
        }

        public static void Reading_a_stream_again_and_again_allocates_nothing()
        {
            var codec = new MessageCodec();
            foreach (string name in new[]
            {
                "media_frame_q16", "media_frame_q16n", "media_frame_f32", "media_coefficients", "media_audio",
                "media_patch", "media_visemes", "media_event_started", "control_progress", "control_pong",
            })
            {
                Bytes data = Vector.Bytes(name);
                Media media;
                Check.AllocatesNothing(() => Vectors.Read(codec, data, out media));
            }
        }

        public static void Writing_speech_allocates_nothing()
        {
            var codec = new MessageCodec();
            var writer = new MsgPackWriter();
            var chunk = new ChunkS16 { Session = "nova", Line = 7, Samples = new Bytes(new byte[960]) };
            var ping = new Ping { ClientNs = 1L << 60 };
            Check.AllocatesNothing(() =>
            {
                writer.Clear();
                codec.Encode(chunk, writer);
                codec.Encode(ping, writer);
            });
        }

        private static Problem Reading(Bytes data)
        {
            Media media;
            return Vectors.Read(new MessageCodec(), data, out media);
        }

        internal static string Hex(Bytes data)
        {
            return System.BitConverter.ToString(data.ToArray()).Replace("-", "").ToLowerInvariant();
        }

        internal static Bytes FromHex(string hex)
        {
            var data = new List<byte>();
            for (int i = 0; i < hex.Length; i += 2)
            {
                data.Add(byte.Parse(hex.Substring(i, 2), System.Globalization.NumberStyles.HexNumber));
            }
            return new Bytes(data.ToArray());
        }

        private static Bytes Concat(Bytes data, string hex)
        {
            return FromHex(Hex(data) + hex);
        }
    }
}
