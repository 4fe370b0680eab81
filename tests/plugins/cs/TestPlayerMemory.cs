using System.Collections.Generic;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>A player that has run for a moment allocates nothing: not for frames, sound, pictures, vertices,
    /// lines, or interruptions.</summary>
    public static class PlayerMemoryTests
    {
        private const int Vertices = 10000, Frames = 600;

        public static void Frames_of_vertices()
        {
            Run(new Show(new Actor(Vertices, 0, Topic.Q16), new SilentSink()));
        }

        public static void Frames_of_a_basis()
        {
            Run(new Show(new Actor(Vertices, 4, Topic.Coefficients), new SilentSink()));
        }

        public static void Frames_of_weights_with_a_loudspeaker()
        {
            Run(new Show(new Actor(Vertices, 0, Topic.Arkit), new PullSink(48000, 0.02)));
        }

        private static void Run(Show show)
        {
            for (int frame = 0; frame < Frames; frame++)
            {
                show.Frame();
            }
            long before = show.Pictures;
            Check.AllocatesNothing(Frames, show.Frame);
            Check.That(show.Pictures > before + Frames / 2, "only " + show.Pictures + " pictures were shown");
        }

        /// <summary>A game, second by second: a line, idling, an interruption, each with its fades.</summary>
        private sealed class Show
        {
            private const long Ms = Actor.Ms;

            private readonly Actor _actor;
            private readonly PullSink _loudspeaker;
            private readonly Player _player;
            private readonly List<Happening> _happened = new List<Happening>();
            private readonly float[] _vertices_vx3 = new float[3 * Vertices], _block = new float[2 * 480];
            private long _nowNs;
            private int _frame;

            public Show(Actor actor, ISink sink)
            {
                _actor = actor;
                _loudspeaker = sink as PullSink;
                _player = new Player(sink);
                actor.Introduce(_player, 0);
            }

            public long Pictures
            {
                get { return _player.Stats.Pictures; }
            }

            /// <summary>20 ms.</summary>
            public void Frame()
            {
                int frame = _frame++ % Actor.FrameHz;
                _actor.Generation += frame == 0 ? 1u : 0u;  // cuts what was
                bool idle = frame >= 40;
                uint utterance = idle ? 2u : 1u;
                int seq = idle ? frame - 40 : frame, flags = idle ? Flag.Idle : frame == 39 ? Flag.Last : 0;
                if (!idle)
                {
                    _actor.Sound(_player, utterance, seq, flags, _nowNs);
                }
                _actor.Frame(_player, utterance, seq, 0.5f, flags, _nowNs);
                _player.Present(_nowNs);
                _player.Vertices(_vertices_vx3);
                _player.Displayed(_nowNs);
                _player.Happened(_nowNs, _happened);
                _happened.Clear();
                for (int block = 0; _loudspeaker != null && block < 2; block++)
                {
                    _loudspeaker.Fill(_block, 2, _nowNs / 1e9 + 0.01 * block, _nowNs);
                }
                _nowNs += 20 * Ms;
            }
        }
    }
}
