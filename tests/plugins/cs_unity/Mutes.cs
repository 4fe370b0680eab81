using System;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire.Tests
{
    /// <summary>Mutes ENDPOINT: the device goes away in the middle of a line, comes back, is another one, and the
    /// game is paused: lines end when they should.</summary>
    public static class Mutes
    {
        private const double PatienceS = 20, LineS = 2;

        public static int Run(string[] args)
        {
            using (var loop = new PlayerLoop())
            {
                TalkwireFace face = Scene.Face(args[0]);
                var heard = new Heard(face);
                Check.That(loop.Run(PatienceS, () => face.Mesh != null), "no head: " + face.Trouble);
                GoesAway(loop, face, heard);
                IsAnother(loop, face, heard);
                IsPaused(loop, face, heard);
                IsDisabled(loop, face, heard);
                Console.WriteLine("started " + heard.Started + ", ended " + heard.Ended + ", underruns "
                    + face.Stream.Player.Stats.Underruns);
                Check.Equal("4 4 0", heard.Started + " " + heard.Ended + " " + heard.Interrupted, "events");
                UnityEngine.Object.DestroyImmediate(face.gameObject);
            }
            Scene.NoExceptions();
            return 0;
        }

        private static void GoesAway(PlayerLoop loop, TalkwireFace face, Heard heard)
        {
            face.Say(Scene.Tone(LineS));
            Check.That(loop.Run(PatienceS, () => heard.Started == 1) && face.Stream.Sink.IsAloud, "it is not aloud");
            loop.Run(0.5);
            loop.Muted = true;
            long mutedNs = Clock.NowNs;
            Check.That(loop.Run(PatienceS, () => heard.Ended == 1), "it stops with its device");
            double tookS = (Clock.NowNs - mutedNs) / 1e9;
            Check.That(!face.Stream.Sink.IsAloud && tookS > LineS - 0.9 && tookS < LineS + 2,
                "it took " + tookS + " s more");
            loop.Muted = false;
            loop.Run(0.3);
        }

        private static void IsAnother(PlayerLoop loop, TalkwireFace face, Heard heard)
        {
            loop.Loudest = 0;
            face.Say(Scene.Tone(LineS));
            Check.That(loop.Run(PatienceS, () => heard.Started == 2) && face.Stream.Sink.IsAloud,
                "it is not aloud again");
            loop.Run(0.5);
            AudioSettings.Change(44100);
            Check.That(loop.Run(PatienceS, () => heard.Ended == 2), "it stops with another device");
            Check.That(loop.Loudest > 0.1f, "not heard: " + loop.Loudest);
        }

        private static void IsPaused(PlayerLoop loop, TalkwireFace face, Heard heard)
        {
            face.Say(Scene.Tone(LineS));
            Check.That(loop.Run(PatienceS, () => heard.Started == 3), "not started");
            AudioListener.pause = true;
            loop.Run(LineS + 1);
            Check.Equal(2, heard.Ended, "it goes on while the game is paused");
            AudioListener.pause = false;
            Check.That(loop.Run(PatienceS, () => heard.Ended == 3), "it does not go on");
        }

        private static void IsDisabled(PlayerLoop loop, TalkwireFace face, Heard heard)
        {
            face.GetComponent<TalkwireVoice>().enabled = false;
            loop.Run(0.1);
            loop.Loudest = 0;
            face.Say(Scene.Tone(LineS));
            Check.That(loop.Run(PatienceS, () => heard.Ended == 4), "it wants a voice");
            Check.Equal(0f, loop.Loudest, "heard though it is disabled");
        }
    }
}
