using System;
using System.Collections.Generic;
using System.Threading;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>Clocks that follow what is heard, and a device played by hand.</summary>
    public static class SinkTests
    {
        private const int RateHz = 16000;
        private const long Ms = 1000000, PerS = 1000 * Ms;

        public static void Silence_runs_in_real_time_and_waits_where_nothing_is_left()
        {
            var sink = new SilentSink();
            sink.Start(RateHz, 0);
            Check.That(!sink.Dry(PerS), "nothing was to be played");
            sink.Write(new short[RateHz], 0, RateHz);
            Check.Equal(RateHz / 2L, sink.Heard(PerS / 2));
            Check.That(!sink.Dry(PerS / 2) && sink.Dry(2 * PerS), "dry");
            Check.Equal((long)RateHz, sink.Heard(2 * PerS));
            sink.Write(new short[RateHz], 0, RateHz / 2);
            Check.Equal(RateHz + RateHz / 4L, sink.Heard(2 * PerS + PerS / 4));
            sink.SetSpeed(1.001, 2 * PerS + PerS / 4);
            Check.Near(RateHz * 1.25 + 1601.6, sink.Heard(2 * PerS + PerS / 4 + 100 * Ms), 1);
            sink.Stop();
            Check.Equal(0L, sink.Heard(3 * PerS));
        }

        public static void The_device_is_given_what_was_written_and_tells_what_is_heard()
        {
            var device = new Device(RateHz, 0.02);
            short[] sound = TapeTests.Tone(440, 0.1);
            device.Sink.Start(RateHz, 0);
            device.Sink.Write(sound, 0, 500);
            device.Sink.Write(sound, 500, 1100);
            List<int> heard = device.Play(800);
            Check.Equal(0L, device.Sink.Heard(device.NowNs - 50 * Ms + 20 * Ms), "under way to the ear");
            Check.Equal(160L, device.Sink.Heard(30 * Ms));
            heard.AddRange(device.Play(800));
            for (int i = 0; i < heard.Count; i++)
            {
                Check.Equal((int)sound[i], heard[i]);
            }
            Check.That(!device.Sink.Dry(0), "there was enough");
            Check.That(device.Play(100).TrueForAll(value => value == 0) && device.Sink.Dry(0), "silence, and dry");
            Check.Equal(1600L, device.Sink.Heard(10 * PerS));
            device.Sink.Stop();
            Check.Equal(0L, device.Sink.Heard(10 * PerS));
        }

        public static void A_cut_fades_within_10_ms_and_the_next_line_begins_beside_it()
        {
            var device = new Device(RateHz, 0);
            device.Sink.Start(RateHz, 0);
            device.Sink.Write(Level(), 0, RateHz);
            Check.Equal(8000, device.Play(480)[479]);
            device.Sink.Stop();
            device.Sink.Stop();  // twice is harmless
            List<int> heard = device.Play(100);
            heard.AddRange(device.Play(100));
            Smooth(heard, 8000);
            Check.That(heard.GetRange(160, 40).TrueForAll(value => value == 0), "silence after 10 ms");
            device.Sink.Start(RateHz, 0);
            device.Sink.Write(Level(), 0, RateHz);
            device.Play(480);
            device.Sink.Start(RateHz, 0);
            device.Sink.Write(new short[320], 0, 320);
            heard = device.Play(320);
            Smooth(heard, 8000);
            Check.Equal(320L, device.Sink.Heard(10 * PerS));
        }

        public static void Sound_that_runs_out_and_comes_back_does_not_click()
        {
            var device = new Device(RateHz, 0);
            device.Sink.Start(RateHz, 0);
            Check.That(device.Play(100).TrueForAll(value => value == 0) && !device.Sink.Dry(0), "nothing has begun");
            device.Sink.Write(Level(), 0, 1000);
            List<int> heard = device.Play(800);
            Check.That(!device.Sink.Dry(0), "not yet");
            heard.AddRange(device.Play(800));
            Check.That(device.Sink.Dry(0), "it ran out");
            Check.Equal(1000L, device.Sink.Heard(10 * PerS), "it stands");
            device.Sink.Write(Level(), 0, 8000);
            Check.That(!device.Sink.Dry(0), "there is more");
            heard.AddRange(device.Play(800));
            Smooth(heard, 8000);
            Check.Equal(8000, heard[heard.Count - 1]);
        }

        public static void A_device_of_another_rate_hears_the_same_tone()
        {
            foreach (int deviceHz in new[] { 8000, 24000, 44100, 48000, 192000 })
            {
                foreach (double speed in new[] { 1.0, 0.999, 1.001 })
                {
                    var device = new Device(deviceHz, 0);
                    device.Sink.Start(RateHz, 0);
                    device.Sink.Write(TapeTests.Tone(500, 1), 0, RateHz);
                    device.Sink.SetSpeed(speed, 0);
                    var heard = new List<int>();
                    for (int block = 0; block < 40; block++)
                    {
                        heard.AddRange(device.Play(deviceHz / 50));
                    }
                    double worst = 0;
                    for (int i = 300; i < heard.Count; i++)
                    {
                        double wanted = 10000 * Math.Sin(2 * Math.PI * 500 * speed * i / deviceHz);
                        worst = Math.Max(worst, Math.Abs(heard[i] - wanted));
                    }
                    Check.That(worst < 40, "off by " + worst + " at " + deviceHz + " Hz");
                    Check.Near(0.8 * RateHz * speed, device.Sink.Heard(device.NowNs), 2, deviceHz + " Hz");
                }
            }
        }

        /// <summary>Callbacks that come late by up to 15 ms, by a clock of the device's own that is off by 200 parts
        /// in a million: what is heard goes on smoothly, and never back.</summary>
        public static void A_device_that_asks_unevenly_is_followed_evenly()
        {
            foreach (bool timed in new[] { true, false })
            {
                var chance = new Random(3);
                var sink = new PullSink(48000, 0.03);
                var data = new float[2 * 1024];
                var sound = new short[48000];
                sink.Start(48000, 0);
                long before = 0;
                double worst = 0;
                for (int block = 0; block < 1000; block++)
                {
                    long dueNs = (long)(block * 1024 / 48000.0 * PerS * 1.0002) + 5 * PerS;
                    long nowNs = dueNs + chance.Next(15) * Ms;  // late by 7 ms on average
                    sink.Write(sound, 0, 1024);
                    if (timed)
                    {
                        sink.Fill(data, 2, block * 1024 / 48000.0, nowNs);
                    }
                    else
                    {
                        sink.Fill(data, 2, nowNs);
                    }
                    long heard = sink.Heard(nowNs + 5 * Ms);
                    Check.That(heard >= before, "it went back");
                    before = heard;
                    double wanted = block * 1024 + (nowNs + 5 * Ms - dueNs - 37 * Ms) * 48000.0 / PerS;
                    worst = block > 300 ? Math.Max(worst, Math.Abs(heard - wanted)) : worst;
                }
                Check.That(worst < 48 * 5, "off by " + worst / 48 + " ms");
                Check.Equal(1000 * 1024L, sink.Asked);
            }
        }

        /// <summary>A whole line: the moment that the player takes for heard is the one that leaves the device, whose
        /// blocks of 21 ms come up to 5 ms late, and the ear later by the latency.</summary>
        public static void A_line_is_followed_to_its_end()
        {
            const double latencyS = 0.04;
            var chance = new Random(5);
            var actor = new Actor(30, 0, Topic.Q16) { Level = 8000 };
            var sink = new PullSink(48000, latencyS);
            var player = new Player(sink);
            var happened = new List<Happening>();
            var data = new float[2 * 1024];
            long beganNs = -1, blockNs = 0;
            double worst = 0;
            int blocks = 0, pictures = 0, loud = 0;
            actor.Introduce(player, 0);
            for (int tick = 0; tick < 1500; tick++)
            {
                long nowNs = tick * 4 * Ms;
                if (tick % 5 == 0 && tick / 5 < 250)
                {
                    int flags = tick / 5 == 249 ? Flag.Last : 0;
                    actor.Sound(player, 1, tick / 5, flags, nowNs);
                    actor.Frame(player, 1, tick / 5, 0.5f, flags, nowNs);
                }
                while (blockNs <= nowNs)
                {
                    double deviceS = blocks * 1024 / 48000.0;
                    sink.Fill(data, 2, deviceS, blockNs);
                    int first = Array.FindIndex(data, value => value > 0.2f);
                    loud += Array.FindAll(data, value => value > 0.2f).Length / 2;
                    double heardS = deviceS + first / 2 / 48000.0 + latencyS;
                    beganNs = beganNs < 0 && first >= 0 ? (long)(heardS * PerS) : beganNs;
                    blocks++;
                    blockNs = (long)(blocks * 1024 / 48000.0 * PerS) + chance.Next(5) * Ms;
                }
                Picture picture = player.Present(nowNs);
                player.Displayed(nowNs);
                player.Happened(nowNs, happened);
                if (beganNs > 0 && nowNs > beganNs + 500 * Ms && picture.HeardS < 4.9)
                {
                    pictures++;
                    worst = Math.Max(worst, Math.Abs(picture.HeardS - (nowNs - beganNs) / 1e9));
                }
            }
            Check.That(pictures > 1000 && worst < 0.006, "off by " + worst * 1e3 + " ms in " + pictures + " pictures");
            Check.Near(5 * 48000, loud, 480, "all of it was played, and its last 10 ms fall");
            Check.Equal(0L, player.Stats.Underruns);
            Check.Equal(2, happened.Count);
            Check.Near((beganNs + 5 * PerS) / 1e9, happened[1].NowNs / 1e9, 0.02, "its end is told when it is heard");
        }

        public static void Two_threads_may_share_it()
        {
            var sink = new PullSink(48000, 0.02);
            bool done = false;
            var data = new float[2 * 256];
            var trouble = "";
            var thread = new Thread(() =>
            {
                try
                {
                    for (int block = 0; !Volatile.Read(ref done); block++)
                    {
                        sink.Fill(data, 2, block * 256 / 48000.0, block * 5 * Ms);
                    }
                }
                catch (Exception error)
                {
                    trouble = error.ToString();
                }
            });
            thread.Start();
            var sound = new short[700];
            for (int i = 0; i < 20000; i++)
            {
                if (i % 50 == 0)
                {
                    sink.Start(i % 100 == 0 ? 16000 : 48000, 0);
                }
                sink.Write(sound, 0, i % 700);
                sink.SetSpeed(1 + i % 3 * 0.0005, 0);
                Check.That(sink.Heard(i * Ms) >= 0, "heard");
                sink.Dry(0);
                sink.Device(i % 997 == 0 ? 44100 : 48000, 0.02);
            }
            Volatile.Write(ref done, true);
            Check.That(thread.Join(2000), "the device's thread hangs");
            Check.Equal("", trouble);
        }

        private static short[] Level()
        {
            var level = new short[RateHz];
            for (int i = 0; i < level.Length; i++)
            {
                level[i] = 8000;
            }
            return level;
        }

        private static void Smooth(List<int> heard, int first)
        {
            Check.Equal(first, heard[0]);
            for (int i = 1; i < heard.Count; i++)
            {
                Check.That(Math.Abs(heard[i] - heard[i - 1]) < 60, "a click at " + i);
            }
        }

        /// <summary>It asks in time for what it plays.</summary>
        private sealed class Device
        {
            public readonly PullSink Sink;
            private readonly int _rateHz;
            private long _played;

            public Device(int rateHz, double latencyS)
            {
                _rateHz = rateHz;
                Sink = new PullSink(rateHz, latencyS);
            }

            public long NowNs
            {
                get { return _played * PerS / _rateHz; }
            }

            public List<int> Play(int frames)
            {
                var data = new float[2 * frames];
                Sink.Fill(data, 2, _played / (double)_rateHz, NowNs);
                _played += frames;
                var heard = new List<int>();
                for (int i = 0; i < frames; i++)
                {
                    Check.That(data[2 * i] == data[2 * i + 1], "both channels");
                    heard.Add((int)Math.Round(data[2 * i] * 32768));
                }
                return heard;
            }
        }
    }
}
