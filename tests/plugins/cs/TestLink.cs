using System.Collections.Generic;
using System.Threading;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>What stands between the game's thread and the network's: lines, packets, wishes. Nothing waits, nothing
    /// grows without end, a stream allocates nothing.</summary>
    public static class LinkTests
    {
        public static void ALineKeepsWhatWasNotPlayedAndNoMoreThanAMinute()
        {
            var line = new Line(8000);
            var second = new short[8000];
            for (int i = 0; i < second.Length; i++)
            {
                second[i] = (short)i;
            }
            int taken = 0;
            for (int i = 0; i < 100; i++)
            {
                taken += line.Push(second, 0, second.Length);
            }
            Check.Equal(60 * 8000, taken, "samples");
            Check.Equal(0, line.Push(second, 0, 1), "more");
            line.Played(8000 + 100);
            taken = line.Push(second, 0, second.Length) + line.Push(second, 0, second.Length);
            Check.Equal(8100, taken, "after some was played");
            var bytes = new byte[4];
            line.Copy(8100, 2, bytes);
            Check.Equal(100, bytes[0] | bytes[1] << 8);
            Check.Equal(101, bytes[2] | bytes[3] << 8);
            line.End();
            line.Played(480000);
            Check.Equal(0, line.Push(second, 0, 1), "after its end");
        }

        public static void FloatsAreRoundedAndBrokenOnesSilent()
        {
            var line = new Line(16000);
            float[] given = { 0, 0.5f, -1, 1, 7, -7, float.NaN, float.PositiveInfinity };
            Check.Equal(8, line.Push(given, 0, 8));
            var bytes = new byte[16];
            line.Copy(0, 8, bytes);
            var seen = new List<int>();
            for (int i = 0; i < 8; i++)
            {
                seen.Add((short)(bytes[2 * i] | bytes[2 * i + 1] << 8));
            }
            Check.Equal("0 16384 -32768 32767 32767 -32768 0 0", string.Join(" ", seen));
            Check.Equal(2, line.Broken);
        }

        public static void PushingAllocatesNothing()
        {
            var line = new Line(48000);
            var samples = new float[800];
            for (int i = 0; i < 300; i++)
            {
                line.Push(samples, 0, 800);
            }
            line.Played(300 * 800);
            long played = 300 * 800;
            Check.AllocatesNothing(() => line.Played(played += line.Push(samples, 0, 800)));
        }

        public static void NewestWinsAmongFramesAndSoundIsKept()
        {
            var packets = new Packets();
            var inbox = new Inbox();
            for (uint i = 0; i < 200; i++)
            {
                inbox.Put(FrameOf(packets, i), true);
                inbox.Put(SoundOf(packets, i), false);
            }
            Packet packet;
            for (uint i = 0; i < 200; i++)
            {
                Check.That(inbox.TryTake(out packet), "sound " + i);
                Check.Equal((long)i, ((Audio)packet.Message).Pts);
                packet.Release();
            }
            for (uint i = 200 - 64; i < 200; i++)
            {
                Check.That(inbox.TryTake(out packet), "frame " + i);
                Check.Equal(i, ((Frame)packet.Message).Stamp.Seq);
                packet.Release();
            }
            Check.That(!inbox.TryTake(out packet), "no more");
            Check.Equal(200 - 64, inbox.Overtaken);
            Check.Equal(0, inbox.Lost);
        }

        public static void WhatNobodyTakesIsBounded()
        {
            var packets = new Packets();
            var inbox = new Inbox();
            for (uint i = 0; i < 5000; i++)
            {
                inbox.Put(SoundOf(packets, i), false);
            }
            Check.Equal(1000, inbox.Lost, "messages");
            inbox = new Inbox();
            for (uint i = 0; i < 100; i++)
            {
                inbox.Put(packets.Give(33, 1 << 20), false);
            }
            Check.Equal(100 - 64, inbox.Lost, "of a MiB each");
        }

        /// <summary>A game that stands still while others join loses no sound to what is sent for them.</summary>
        public static void OfAMeshTheNewestWaitsAlone()
        {
            var packets = new Packets();
            var inbox = new Inbox();
            for (int i = 0; i < 500; i++)
            {
                Packet mesh = packets.Give(i % 2 == 0 ? 32 : 38, 1 << 20);
                mesh.Prepared = i;
                inbox.Put(mesh, false);
                inbox.Put(SoundOf(packets, (uint)i), false);
            }
            Packet packet;
            var seen = new List<object>();
            int sounds = 0;
            while (inbox.TryTake(out packet))
            {
                sounds += packet.Message is Audio ? 1 : 0;
                seen.Add(packet.Prepared);
                packet.Release();
            }
            seen.RemoveAll(one => one == null);
            Check.Equal("498 499", string.Join(" ", seen));
            Check.Equal(500, sounds);
            Check.Equal(0, inbox.Lost);
            inbox.Put(FrameOf(packets, 1), true);
            Check.That(inbox.TryTake(out packet) && packet.Message is Frame, "and on");
        }

        public static void AStreamOfPacketsAllocatesNothing()
        {
            var packets = new Packets();
            var inbox = new Inbox();
            Check.AllocatesNothing(() => PassOn(packets, inbox));
        }

        private static void PassOn(Packets packets, Inbox inbox)
        {
            inbox.Put(FrameOf(packets, 1), true);
            inbox.Put(SoundOf(packets, 1), false);
            Packet packet;
            while (inbox.TryTake(out packet))
            {
                packet.Release();
            }
        }

        /// <summary>The messages are empty here: a player that looked at them would find nothing.</summary>
        public static void WhatTheNetworksThreadPreparedIsWhatThePlayerTakes()
        {
            var actor = new Actor(30, 4, Topic.Coefficients);
            var packets = new Packets();
            var npc = new Npc("nova", "", null, null);
            var player = new Player(new SilentSink());
            var prepared = new List<object>();
            foreach (Message message in new Message[] { actor.Mesh, actor.Basis, Vector.Media<Texture>("texture") })
            {
                Packet packet = packets.Give(message.Tag, 0);
                packet.Prepared = Player.Prepare(message);
                prepared.Add(packet.Prepared);
                npc.Put(packet, false);
            }
            Check.Equal(3, npc.Receive(player, 0, 0));
            Check.That(player.Head == prepared[0] && player.Texture == prepared[2], "others");
            actor.Frame(player, 1, 0, 0.5f, Flag.Idle, 0);
            Check.Equal(30, player.Present(0).VertexCount, "of the basis");
            Check.That(packets.Give(actor.Mesh.Tag, 0).Prepared == null, "what is used again holds nothing");
        }

        public static void EndpointsAreRead()
        {
            Endpoint("tcp://127.0.0.1:7000", "127.0.0.1", 7000);
            Endpoint("example.org:80", "example.org", 80);
            Endpoint("example.org", "example.org", 5556);
            Endpoint("tcp://[::1]:7000", "::1", 7000);
            Endpoint("[::1]", "::1", 5556);
            string[] none = { null, "", "tcp://", "tcp://:7000", "x:0", "x:65536", "x:y", "x:-1", "tcp://*:7000", "a b" };
            foreach (string bad in none)
            {
                Check.Refused(new ClientOptions().TakeEndpoint(bad), "not an address");
            }
        }

        public static void NobodyIsThereAndNothingWaits()
        {
            var options = new ClientOptions { Port = 1 };
            LoadSockets(options);
            foreach (string nobody in new[] { "127.0.0.1:1", "no.such.host.invalid:5556", "198.51.100.1:5556", "[::1]:1" })
            {
                Check.Good(options.TakeEndpoint(nobody));
                var client = new Core.Client(options);
                Npc npc = client.Npc("nova");
                Check.That(npc.Open() && npc.Listen() && npc.Interrupt() && npc.SetStyle(new Style()), "posted");
                Line line = npc.Say(16000);
                Check.Equal(1600, line.Push(new short[1600], 0, 1600));
                Check.That(client.Stop(), nobody + ": did not stop");
                Check.That(client.Stop(), "again");
                Check.That(!npc.Open(), "nobody does it");
            }
        }

        public static void MuchAtOnceIsSentAsTheServerBearsIt()
        {
            using (var server = new CountingServer())
            using (var client = new Core.Client(new ClientOptions { Port = server.Port }))
            {
                long beganNs = Clock.NowNs;
                for (int i = 0; i < 20; i++)
                {
                    Npc npc = client.Npc("nova" + i);
                    npc.Open();
                    Line line = npc.Say(4000);
                    Check.Equal(80000, line.Push(new short[80000], 0, 80000));
                    line.End();
                }
                Check.That(Until(() => server.Count("ChunkS16") >= 2500), "chunks " + server.Count("ChunkS16"));
                Check.That(Until(() => server.Count("End") == 20), "ends " + server.Count("End"));
                Check.Equal(4000, server.Count("ChunkS16"));
                double tookS = (Clock.NowNs - beganNs) / 1e9;
                Check.That(tookS > 0.5, "3,000 messages at once, and 800 a second, in " + tookS + " s");
            }
        }

        public static void AStyleOfEachFrameIsSaidNowAndThen()
        {
            using (var server = new CountingServer())
            using (var client = new Core.Client(new ClientOptions { Port = server.Port }))
            {
                Npc npc = client.Npc("nova");
                npc.Open();
                Check.That(Until(() => npc.State == NpcState.Open), "open");
                for (int i = 1; i <= 1000; i++)
                {
                    Check.That(npc.SetStyle(new Style { Strength = i / 1000.0 }), "posted");
                }
                Check.That(Until(() => npc.Style != null && npc.Style.Strength == 1), "the newest is said");
                Check.That(Until(() => server.Count("Style") > 0) && server.Count("Style") < 100,
                    "styles " + server.Count("Style"));
            }
        }

        private static bool Until(System.Func<bool> isSo)
        {
            for (int i = 0; i < 2000 && !isSo(); i++)
            {
                Thread.Sleep(10);
            }
            return isSo();
        }

        /// <summary>The runtime takes its time for the first socket of a process.</summary>
        private static void LoadSockets(ClientOptions options)
        {
            using (var client = new Core.Client(options))
            {
                for (int i = 0; i < 1000 && client.Facts.Problem == null; i++)
                {
                    Thread.Sleep(10);
                }
            }
        }

        public static void NamesThatAreNoneAreNobodys()
        {
            var options = new ClientOptions { Port = 1 };
            LoadSockets(options);
            var client = new Core.Client(options);
            foreach (string bad in new[] { null, "", "a b", ".a", new string('a', 33), "ä" })
            {
                Check.That(client.Npc(bad) == null, "'" + bad + "'");
            }
            Npc npc = client.Npc("a");
            Check.That(npc == client.Npc("a"), "the same one");
            npc.Leave();
            Check.That(npc != client.Npc("a"), "another one");
            Check.That(client.Stop(), "stopped");
        }

        private static Packet FrameOf(Packets packets, uint seq)
        {
            Packet packet = packets.Give(34, 60000 + (int)(seq % 7));
            ((Frame)packet.Message).Stamp.Seq = seq;
            return packet;
        }

        private static Packet SoundOf(Packets packets, uint pts)
        {
            Packet packet = packets.Give(35, 500);
            ((Audio)packet.Message).Pts = pts;
            return packet;
        }

        private static void Endpoint(string text, string host, int port)
        {
            var options = new ClientOptions();
            Check.Good(options.TakeEndpoint(text));
            Check.Equal(host, options.Host, text);
            Check.Equal(port, options.Port, text);
        }
    }
}
