using System.IO;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>--run Watched FILE.twrec OUT: every picture of a recording at 60 Hz in the recording's own time, as the
    /// reference's watch_recording has them: to OUT, as rows of float64 (see Write).</summary>
    public static class Watched
    {
        private const long PerS = 1000000000, LongestGapNs = 5 * PerS;

        public static int Run(string[] args)
        {
            RecordingReader reader;
            Check.Good(RecordingReader.Open(args[0], false, out reader));
            var player = new Player(new SilentSink());
            var replay = new Replay(reader, player, null);
            using (var into = new BinaryWriter(File.Create(args[1])))
            {
                bool begun = false;
                long arrivedNs, dueNs = 0;
                while (replay.Peek(out arrivedNs))
                {
                    if (!begun || arrivedNs - dueNs > LongestGapNs)
                    {
                        dueNs = arrivedNs;
                        begun = true;
                    }
                    for (; dueNs <= arrivedNs; dueNs += PerS / 60)
                    {
                        Write(into, player, player.Present(dueNs), dueNs);
                        player.Displayed(dueNs);
                    }
                    replay.Next(0);
                }
            }
            Check.Good(replay.Problem);
            return 0;
        }

        private static void Write(BinaryWriter into, Player player, Picture picture, long nowNs)
        {
            into.Write((double)nowNs);
            into.Write(picture == null ? 0.0 : 1.0);
            if (picture == null)
            {
                return;
            }
            into.Write((double)picture.Utterance);
            into.Write((double)picture.Generation);
            into.Write((picture.Idle ? 1.0 : 0) + (picture.AtRest ? 2 : 0));
            into.Write(picture.TimeS);
            into.Write(picture.HeardS);
            into.Write(picture.Patch == null ? -1.0 : picture.Patch.Pts);
            into.Write((double)picture.VertexCount);
            Write(into, picture.Face.Weights);
            Write(into, picture.Face.HeadRotation);
            Write(into, picture.Face.HeadTranslationM);
            var vertices_vx3 = new float[3 * picture.VertexCount];
            player.Vertices(vertices_vx3);
            Write(into, vertices_vx3);
        }

        private static void Write(BinaryWriter into, float[] values)
        {
            foreach (float value in values)
            {
                into.Write((double)value);
            }
        }
    }
}
