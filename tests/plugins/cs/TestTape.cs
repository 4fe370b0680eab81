using System;
using System.Collections.Generic;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>Sound read at any speed: exact where it is 1, without a seam and without dulling where it is
    /// not.</summary>
    public static class TapeTests
    {
        private const int RateHz = 16000;

        public static void At_speed_one_it_gives_what_was_written()
        {
            var chance = new Random(1);
            for (int round = 0; round < 50; round++)
            {
                var tape = new Tape();
                int written = 0, read = 0;
                var into = new float[4000];
                for (int step = 0; step < 40; step++)
                {
                    var samples = new short[chance.Next(3000)];
                    for (int i = 0; i < samples.Length; i++)
                    {
                        samples[i] = (short)(written + i);
                    }
                    tape.Write(samples, 0, samples.Length);
                    written += samples.Length;
                    int got = tape.Read(into, chance.Next(3000), 1);
                    for (int i = 0; i < got; i++)
                    {
                        Check.That(into[i] == (short)(read + i), "sample " + (read + i));
                    }
                    read += got;
                    Check.Equal((long)read, tape.Position);
                    Check.Equal(written - read, tape.Left);
                }
            }
        }

        public static void A_tone_stays_a_tone_across_blocks()
        {
            foreach (double step in new[] { 0.999, 0.9999, 1.0001, 1.001, 1 / 3.0, 16 / 44.1, 48 / 44.1, 2, 3.7 })
            {
                double worst = 0;
                List<float> heard = Read(Tone(200, 2.0), step, 37, 5);
                for (int i = 200; i < heard.Count - 200; i++)
                {
                    double wanted = 10000 * Math.Sin(2 * Math.PI * 200 * step * i / RateHz);
                    worst = Math.Max(worst, Math.Abs(heard[i] - wanted));
                }
                Check.That(worst < 30, "off by " + worst + " at a step of " + step);  // 50 dB below: no click
            }
        }

        public static void An_s_is_not_dulled()
        {
            Check.That(Loudest(6000, 0.999, true) > 0.94 * 10000, "half a decibel; a straight line loses 8");
        }

        public static void What_a_slower_device_cannot_play_is_not_folded_down()
        {
            Check.That(Loudest(7500, 2, false) < 300, "3.5 kHz above what 8 kHz have room for");
            Check.That(Loudest(2500, 2, true) > 9000, "well within it");
        }

        public static void It_ends_where_it_ends()
        {
            foreach (double step in new[] { 0.999, 0.9993, 1.0, 1.0007, 1.001, 0.3333, 2.5 })
            {
                var tape = new Tape();
                var into = new float[1000];
                tape.Write(Tone(500, 0.02), 0, 320);
                int total = 0;
                for (int got = 1; got > 0; total += got)
                {
                    got = tape.Read(into, 37, step);
                }
                Check.Equal(320L, tape.Position);
                Check.Equal(0, tape.Left);
                Check.Near(320 / step, total, 1);
                tape.Write(new short[10], 0, 10);
                Check.Near(10, tape.Read(into, 100, 1), 1);
            }
        }

        public static void What_is_cut_fades()
        {
            var tape = new Tape();
            var level = new short[1000];
            for (int i = 0; i < level.Length; i++)
            {
                level[i] = 8000;
            }
            var tail = new float[400];
            tape.Write(level, 0, level.Length);
            tape.Read(tail, 200, 1);
            Check.Equal(160, tape.FadeOut(tail, 160, 1));
            Check.That(tail[0] == 8000 && tail[159] == 0, "from all to nothing");
            for (int i = 1; i < 160; i++)
            {
                Check.That(tail[i] < tail[i - 1] && tail[i - 1] - tail[i] < 100, "at " + i);
            }
            Check.Equal(0, tape.FadeOut(tail, 160, 1));
        }

        private static double Loudest(double hz, double step, bool least)
        {
            List<float> heard = Read(Tone(hz, 1.0), step, 400, 0);
            double found = least ? double.MaxValue : 0;
            for (int from = 400; from + 360 < heard.Count; from += 160)
            {
                double loudest = 0;
                for (int i = 0; i < 160; i++)
                {
                    loudest = Math.Max(loudest, Math.Abs(heard[from + i]));
                }
                found = least ? Math.Min(found, loudest) : Math.Max(found, loudest);
            }
            return found;
        }

        private static List<float> Read(short[] samples, double step, int first, int more)
        {
            var tape = new Tape();
            var heard = new List<float>();
            var into = new float[1000];
            tape.Write(samples, 0, samples.Length);
            for (int block = 0, got = 1; got > 0; block++)
            {
                got = tape.Read(into, first + more * block % 200, step);
                for (int i = 0; i < got; i++)
                {
                    heard.Add(into[i]);
                }
            }
            return heard;
        }

        internal static short[] Tone(double hz, double seconds)
        {
            var samples = new short[(int)(seconds * RateHz)];
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = (short)(10000 * Math.Sin(2 * Math.PI * hz * i / RateHz));
            }
            return samples;
        }
    }
}
