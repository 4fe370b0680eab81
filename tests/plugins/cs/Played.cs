using System;
using System.Collections.Generic;
using System.IO;
using Talkwire.Client;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>--run Played TRACE ...: what this player answers to the steps of each trace (tests/bridge/traces.py
    /// says what they are), as JSON: a line each.</summary>
    public static class Played
    {
        public static int Run(string[] args)
        {
            foreach (string path in args)
            {
                Console.WriteLine(Answers(Json.Parse(File.ReadAllText(path))));
            }
            return 0;
        }

        private static JsonWriter Answers(Json trace)
        {
            var sink = new SilentSink();
            var player = new Player(sink);
            var codec = new MessageCodec();
            Check.Good(player.SetAvOffset(trace["av_offset_ms"].Double));
            JsonWriter line = new JsonWriter().Open('{').Key("answers").Open('[');
            foreach (Json step in trace["steps"].Items)
            {
                long nowNs = step["at_ns"].Long;
                if (step["part"] == null)
                {
                    Answer(line, trace, player, sink, nowNs);
                    continue;
                }
                Media media;
                Check.Good(codec.DecodeMedia(new Bytes(FromWords(step["part"].Text)), out media));
                player.Receive(media.Message, media.Plane, nowNs, 0);
            }
            Stats stats = player.Stats;
            line.Close(']').Key("stats").Open('{').Key("sent").Value(stats.Sent).Key("received").Value(stats.Received);
            line.Key("late").Value(stats.Late).Key("pictures").Value(stats.Pictures).Key("rested").Value(stats.Rested);
            line.Key("sound_gaps").Value(stats.SoundGaps).Key("underruns").Value(stats.Underruns);
            return line.Close('}').Close('}');
        }

        private static void Answer(JsonWriter line, Json trace, Player player, SilentSink sink, long nowNs)
        {
            Picture picture = player.Present(nowNs);
            line.Open('{').Key("shown");
            if (picture == null)
            {
                line.Value(double.NaN);  // null
            }
            else
            {
                Shown(line, trace, player, picture);
            }
            player.Displayed(nowNs);
            var happened = new List<Happening>();
            player.Happened(nowNs, happened);
            if (happened.Count > 0)
            {
                line.Key("happened").Open('[');
                foreach (Happening one in happened)
                {
                    line.Open('[').Value(one.Kind.ToString().ToLowerInvariant()).Value(one.Utterance);
                    line.Value(one.Generation).Value(one.HeardS).Close(']');
                }
                line.Close(']');
            }
            line.Key("heard").Value(sink.Heard(nowNs)).Key("speed").Value(sink.Speed);
            line.Key("target_ms").Value(player.Buffer.TargetMs).Key("depth_ms").Value(player.Buffer.DepthMs).Close('}');
        }

        private static void Shown(JsonWriter line, Json trace, Player player, Picture picture)
        {
            line.Open('{').Key("utterance").Value(picture.Utterance).Key("generation").Value(picture.Generation);
            line.Key("idle").Value(picture.Idle).Key("at_rest").Value(picture.AtRest);
            line.Key("time_s").Value(picture.TimeS).Key("heard_s").Value(picture.HeardS);
            line.Key("weights").Open('[');
            foreach (Json index in trace["weights"].Items)
            {
                line.Value((double)picture.Face.Weights[index.Int]);
            }
            Values(line.Close(']').Key("head_rotation"), picture.Face.HeadRotation);
            Values(line.Key("head_translation_m"), picture.Face.HeadTranslationM);
            line.Key("vertices");
            var vertices_vx3 = new float[3 * picture.VertexCount];
            if (player.Vertices(vertices_vx3))
            {
                line.Open('[');
                foreach (Json index in trace["vertices"].Items)
                {
                    for (int axis = 0; axis < 3; axis++)
                    {
                        line.Value((double)vertices_vx3[3 * index.Int + axis]);
                    }
                }
                line.Close(']');
            }
            else
            {
                line.Value(double.NaN);
            }
            line.Key("patch");
            if (picture.Patch == null)
            {
                line.Value(double.NaN).Close('}');
                return;
            }
            line.Open('[').Value(picture.Patch.Utterance).Value(picture.Patch.Pts).Close(']').Close('}');
        }

        private static void Values(JsonWriter line, float[] values)
        {
            line.Open('[');
            foreach (float value in values)
            {
                line.Value((double)value);
            }
            line.Close(']');
        }

        private static byte[] FromWords(string words)
        {
            var bytes = new List<byte>();
            foreach (string word in words.Split(' '))
            {
                string[] run = word.Split('*');
                for (int times = run.Length > 1 ? int.Parse(run[1]) : 1; times > 0; times--)
                {
                    for (int i = 0; i < run[0].Length; i += 2)
                    {
                        bytes.Add(Convert.ToByte(run[0].Substring(i, 2), 16));
                    }
                }
            }
            return bytes.ToArray();
        }
    }
}
