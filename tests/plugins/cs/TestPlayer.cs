using System;
using System.Collections.Generic;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>The player by rules that traces do not show: memory, damage, abuse. That it does as the reference
    /// does is compared from outside, by Played and Watched.</summary>
    public static class PlayerTests
    {
        private const int Vertices = 500;
        private const long Ms = Actor.Ms;

        public static void Vertices_are_those_between_two_frames_in_every_codec()
        {
            foreach (string plane in new[] { Topic.F32, Topic.Q16, Topic.Coefficients })
            {
                var actor = new Actor(Vertices, plane == Topic.Coefficients ? 4 : 0, plane);
                var player = new Player(new SilentSink());
                actor.Introduce(player, 0);
                actor.Frame(player, 1, 0, 0.25f, Flag.Idle, 0);
                actor.Frame(player, 1, 1, 0.75f, Flag.Idle, 0);
                var vertices_vx3 = new float[3 * Vertices];
                foreach (int ms in new[] { 0, 5, 10, 20 })
                {
                    Picture picture = player.Present(ms * Ms);
                    float opened = 0.25f + 0.5f * ms / 20;
                    Check.Near(opened, picture.Face.Weights[17], 1e-6, plane);
                    Check.That(player.Vertices(vertices_vx3), plane);
                    Check.Near(actor.HeightM(7, opened), vertices_vx3[22], 2e-5, plane);
                    float last = actor.Mesh.NeutralVx3.F32(3 * Vertices - 3);
                    Check.Near(last, vertices_vx3[3 * Vertices - 3], 2e-5, plane);
                }
            }
        }

        public static void A_game_that_looks_seldom_is_no_jitter_of_the_network()
        {
            var actor = new Actor(Vertices, 4, Topic.Arkit);
            var player = new Player(new SilentSink());
            for (int seq = 0; seq < 200; seq++)
            {
                actor.Frame(player, 1, seq, 0, Flag.Idle, seq * 20 * Ms, (4 - seq % 5) * 20 * Ms);  // ten times a second
            }
            Check.Near(JitterBuffer.LeastMs, player.Buffer.TargetMs, 1e-9);
            Check.Near(0, player.Stats.TransitMs.Percentile(1), 1e-9);
        }

        public static void Frames_of_different_codecs_are_mixed()
        {
            Actor near = new Actor(Vertices, 0, Topic.Q16), far = new Actor(Vertices, 4, Topic.Coefficients);
            var player = new Player(new SilentSink());
            far.Introduce(player, 0);
            near.Frame(player, 1, 0, 0.25f, Flag.Idle, 0);
            far.Frame(player, 1, 1, 0.75f, Flag.Idle, 0);
            var vertices_vx3 = new float[3 * Vertices];
            player.Present(0);
            Check.Near(0.5, player.Present(10 * Ms).Face.Weights[17], 1e-6);
            Check.That(player.Vertices(vertices_vx3), "vertices");
            Check.Near(near.HeightM(7, 0.5f), vertices_vx3[22], 2e-5);
        }

        public static void A_frame_that_does_not_fit_the_head_has_no_vertices()
        {
            var actor = new Actor(Vertices, 4, Topic.Coefficients);
            var player = new Player(new SilentSink());
            player.Receive(actor.Mesh, Topic.Mesh, 0, 0);
            actor.Frame(player, 1, 0, 0.5f, Flag.Idle, 0);
            Check.That(player.Present(0) == null, "no basis yet");
            player.Receive(new Actor(Vertices, 5, Topic.Coefficients).Basis, Topic.Basis, 0, 0);
            Check.Equal(0, player.Present(0).VertexCount, "another basis");
            Check.That(!player.Vertices(new float[3 * Vertices]), "another basis");
            player.Receive(new Actor(Vertices / 2, 4, Topic.Coefficients).Basis, Topic.Basis, 0, 0);
            Check.Equal(0, player.Present(0).VertexCount, "a basis of fewer vertices");
            player.Receive(actor.Basis, Topic.Basis, 0, 0);
            Check.Equal(Vertices, player.Present(0).VertexCount);
            Check.That(!player.Vertices(new float[3 * Vertices - 1]), "too little room");
            new Actor(Vertices / 2, 0, Topic.Q16).Frame(player, 1, 1, 0.5f, Flag.Idle, 0);
            Check.Equal(0, player.Present(10 * Ms).VertexCount, "a frame of fewer vertices");
        }

        public static void A_broken_frame_is_drawn_as_the_neutral_head_and_told()
        {
            var actor = new Actor(Vertices, 0, Topic.Q16);
            var player = new Player(new SilentSink());
            actor.Introduce(player, 0);
            var frame = new Frame
            {
                Weights = new Bytes(new byte[4 * Limits.WeightCount]), HeadRotation = Actor.Floats(0, 0, 0, 1),
                HeadTranslationM = Actor.Floats(0, 0, 0), Codec = "delta8", VertexCount = Vertices,
                Vertices = new Bytes(new byte[40]),
            };
            frame.Stamp.TopologyId = actor.TopologyId;
            frame.Stamp.Flags = Flag.Idle;
            frame.Stamp.Utterance = 1;
            frame.Stamp.SampleRateHz = Actor.RateHz;
            player.Receive(frame, Topic.Delta8, 0, 0);
            var vertices_vx3 = new float[3 * Vertices];
            player.Present(0);
            Check.That(player.Problem == null && player.Vertices(vertices_vx3), "it is shown");
            Check.Refused(player.Problem, "Frame.vertices");
            Check.Near(actor.HeightM(7, 0), vertices_vx3[22], 0);
        }

        /// <summary>A cut in the middle of one fade and of another: each goes on from what was on the screen.</summary>
        public static void Fades_of_fades_do_not_jump()
        {
            foreach (bool asked in new[] { true, false })  // for vertices at each picture, or at the end
            {
                var actor = new Actor(Vertices, 0, Topic.Q16);
                var player = new Player(new SilentSink());
                actor.Introduce(player, 0);
                var vertices_vx3 = new float[3 * Vertices];
                float before = float.NaN, moved = 0;
                for (int tick = 0; tick < 60; tick++)
                {
                    long nowNs = tick * 10 * Ms;
                    if (tick % 4 == 0)  // another generation every 40 ms, with an open mouth or a closed one
                    {
                        actor.Generation++;
                        for (int seq = 0; seq < 4; seq++)
                        {
                            actor.Frame(player, 1, seq, tick % 8 == 0 ? 0.75f : 0.25f, Flag.Idle, nowNs);
                        }
                    }
                    Picture picture = player.Present(nowNs);
                    Check.Equal((long)actor.Generation, picture.Generation);
                    if (!asked && tick < 59)
                    {
                        continue;
                    }
                    Check.That(player.Vertices(vertices_vx3), "vertices");
                    float opened = (actor.HeightM(7, 0) - vertices_vx3[22]) * 100;
                    Check.Near(picture.Face.Weights[17], opened, 0.01, "vertices go with weights at " + tick);
                    moved = float.IsNaN(before) ? 0 : Math.Max(moved, Math.Abs(before - opened));
                    before = opened;
                }
                Check.That(!asked || moved > 0.05 && moved < 0.4, "moved by " + moved + " in 10 ms");
            }
        }

        /// <summary>A line begins whose frames are missing while one idle utterance fades into another: what is held
        /// is on its way itself, and vertices must go as weights do.</summary>
        public static void What_is_held_in_the_middle_of_a_fade_goes_on_from_there()
        {
            foreach (int asked in new[] { 1, 3, 12 })  // vertices at every picture, or at every so many
            {
                var actor = new Actor(Vertices, 0, Topic.Q16);
                var player = new Player(new SilentSink());
                actor.Introduce(player, 0);
                var vertices_vx3 = new float[3 * Vertices];
                float least = 1, most = 0;
                for (int tick = 0; tick < 36; tick++)
                {
                    long nowNs = tick * 10 * Ms;
                    for (int seq = 0; tick % 12 == 0 && tick < 24 && seq < 6; seq++)
                    {
                        actor.Frame(player, (uint)tick / 12 + 1, seq, tick == 0 ? 0.25f : 0.75f, Flag.Idle, nowNs);
                    }
                    for (int chunk = 0; tick == 15 && chunk < 150; chunk++)
                    {
                        actor.Sound(player, 3, chunk, 0, nowNs);
                    }
                    Picture picture = player.Present(nowNs + 5 * Ms);
                    Check.Equal(tick < 15 ? tick / 12 + 1L : 3L, picture.Utterance);
                    if (tick % asked == 0)
                    {
                        Check.That(player.Vertices(vertices_vx3), "vertices");
                        float opened = (actor.HeightM(7, 0) - vertices_vx3[22]) * 100;
                        Check.Near(picture.Face.Weights[17], opened, 0.004, "vertices go with weights at " + tick);
                    }
                    least = tick > 12 && tick < 30 ? Math.Min(least, picture.Face.Weights[17]) : least;
                    most = tick > 15 ? Math.Max(most, picture.Face.Weights[17]) : most;
                }
                Check.That(least > 0.26 && most < 0.6, "held between " + least + " and " + most);
            }
        }

        public static void Another_mesh_in_the_middle_of_a_fade_breaks_nothing()
        {
            Actor one = new Actor(Vertices, 0, Topic.Q16), other = new Actor(Vertices + 9, 0, Topic.Q16);
            other.Mesh.TopologyId = other.TopologyId = "0123456789abcdef";
            var player = new Player(new SilentSink());
            var vertices_vx3 = new float[3 * (Vertices + 9)];
            one.Introduce(player, 0);
            for (int tick = 0; tick < 40; tick++)
            {
                Actor now = tick % 6 < 3 ? one : other;
                now.Generation = (uint)tick / 3 + 1;
                if (tick % 3 == 0)
                {
                    now.Introduce(player, tick * 10 * Ms);
                    Check.Equal(now.TopologyId, player.Head.TopologyId);
                    now.Frame(player, 1, 0, 0.5f, Flag.Idle, tick * 10 * Ms);
                }
                Picture picture = player.Present(tick * 10 * Ms);
                Check.That(player.Vertices(vertices_vx3), "vertices");
                Check.Equal(now.Mesh.VertexCount, picture.VertexCount);
                Check.Near(now.HeightM(7, picture.Face.Weights[17]), vertices_vx3[22], 6e-3);
            }
        }

        public static void Who_never_asks_uses_bounded_memory_and_hears_of_the_lines()
        {
            var actor = new Actor(30, 0, Topic.Q16);
            var player = new Player(new SilentSink());
            actor.Introduce(player, 0);
            for (uint line = 1; line <= 3000; line++)
            {
                long nowNs = line * Ms;
                actor.Frame(player, line, 0, 0.5f, 0, nowNs);
                actor.Sound(player, line, 0, Flag.Last, nowNs);
            }
            for (int seq = 1; seq < 5000; seq++)
            {
                actor.Frame(player, 3000, seq, 0.5f, 0, 3000 * Ms);
            }
            var happened = new List<Happening>();
            player.Happened(100000 * Ms, happened);
            Check.Equal(1024, happened.Count);
            var ends = new Dictionary<long, int>();
            foreach (Happening one in happened)
            {
                int told;
                ends.TryGetValue(one.Utterance, out told);
                Check.Equal(one.Kind == HappeningKind.Started ? 0 : told, told, "Started first, once");
                ends[one.Utterance] = told + 1;
                Check.That(told < 2, "each is told twice");
            }
        }

        /// <summary>What is sent again for others is the same object, so that an engine need not build it
        /// again.</summary>
        public static void What_never_changes_is_kept_and_may_be_prepared_elsewhere()
        {
            var actor = new Actor(Vertices, 4, Topic.Coefficients);
            var player = new Player(new SilentSink());
            var texture = Vector.Media<Texture>("texture");
            player.BeginReceiving(0, 0);
            foreach (Message message in new Message[] { actor.Mesh, actor.Basis, texture })
            {
                object prepared = Player.Prepare(message);
                player.Take(message, "", 0, prepared);
                bool taken = prepared is BasisSum || prepared == player.Head || prepared == player.Texture;
                Check.That(taken, "it was taken");
            }
            Check.That(Player.Prepare(Vector.Media<Audio>("audio")) == null, "nothing to prepare");
            player.EndReceiving(0);
            Head head = player.Head;
            KeptTexture kept = player.Texture;
            actor.Introduce(player, 0);
            player.Receive(texture, Topic.Texture, 0, 0);
            Check.That(head == player.Head && kept == player.Texture, "the same again");
            Check.Equal(texture.Image.Count, kept.Image.Length);
            actor.Mesh.BoxHighM = Actor.Floats(0.5f, 0.5f, 0.25f);
            texture.TopologyId = actor.TopologyId;
            player.Receive(actor.Mesh, Topic.Mesh, 0, 0);
            player.Receive(texture, Topic.Texture, 0, 0);
            Check.That(head != player.Head && kept != player.Texture, "others");
        }

        public static void Who_hears_and_never_looks_holds_a_moment_of_frames()
        {
            foreach (int flags in new[] { 0, Flag.Idle })
            {
                var actor = new Actor(10000, 0, Topic.Q16);
                var player = new Player(new SilentSink());
                actor.Introduce(player, 0);
                long before = GC.GetTotalMemory(true);
                for (int frame = 0; frame < 1000; frame++)  // 60 MB
                {
                    if (flags == 0)
                    {
                        actor.Sound(player, 1, frame, 0, frame * 20 * Ms);
                    }
                    actor.Frame(player, 1, frame, 0.5f, flags, frame * 20 * Ms);
                }
                long held = GC.GetTotalMemory(true) - before;
                Check.That(held < 5000000, held + " bytes");
                Check.Near(flags == 0 ? 19.94 : 19.73, player.Present(20000 * Ms).TimeS, 0.001, "what belongs there");
            }
        }

        public static void What_is_out_of_range_changes_nothing()
        {
            var player = new Player(new SilentSink());
            foreach (double ms in new[] { 1001, -1001, double.NaN, double.PositiveInfinity })
            {
                Check.Refused(player.SetAvOffset(ms), "no A/V offset is so large: saw ");
            }
            Check.Good(player.SetAvOffset(-1000));
            Check.Refused(player.Buffer.Limit(100, 20), "saw 100 to 20 ms");
            Check.Refused(player.Buffer.Limit(-1, 20));
            Check.Refused(player.Buffer.Limit(double.NaN, 20));
            Check.Refused(player.Buffer.Limit(0, 2001));
            Check.Near(60, player.Buffer.TargetMs, 0);
            Check.Good(player.Buffer.Limit(0, 30));
            Check.Near(30, player.Buffer.TargetMs, 0);
        }

        /// <summary>Any messages at any times, some of them absurd: nothing throws, nothing runs away.</summary>
        public static void Whatever_comes_is_borne()
        {
            var chance = new Random(7);
            for (int round = 0; round < 40; round++)
            {
                var actor = new Actor(20, round % 2 == 0 ? 0 : 3, round % 2 == 0 ? Topic.Q16 : Topic.Coefficients);
                var player = new Player(new SilentSink());
                var happened = new List<Happening>();
                var vertices_vx3 = new float[60];
                long nowNs = 0;
                string[] kinds = { "started", "ended", "interrupted", "closed" };
                for (int step = 0; step < 1500; step++)
                {
                    nowNs += chance.Next(40) * Ms;
                    nowNs += chance.Next(100) == 0 ? chance.Next(-2000, 4000000) * Ms : 0;  // a clock that is set
                    actor.AheadNs = chance.Next(100) == 0 ? long.MaxValue - nowNs : 0;
                    uint utterance = chance.Next(50) == 0 ? uint.MaxValue : (uint)chance.Next(1, 6);
                    int place = chance.Next(20) == 0 ? int.MaxValue / 1000 : chance.Next(200), flags = chance.Next(16);
                    switch (chance.Next(8))
                    {
                        case 0: actor.Introduce(player, nowNs); break;
                        case 1: actor.Tell(player, kinds[chance.Next(4)], utterance, nowNs); break;
                        case 2: actor.Generation = (uint)chance.Next(round); break;
                        case 3: case 4: actor.Sound(player, utterance, place, flags, nowNs); break;
                        default: actor.Frame(player, utterance, place, 0.5f, flags, nowNs); break;
                    }
                    player.Present(nowNs);
                    player.Vertices(vertices_vx3);
                    player.Displayed(nowNs);
                    player.Happened(nowNs, happened);
                }
                foreach (float value in vertices_vx3)
                {
                    Check.That(value > -1 && value < 1, "a vertex at " + value);
                }
            }
        }
    }
}
