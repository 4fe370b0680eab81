using System;
using System.Collections.Generic;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>Tells ENDPOINT: somebody else's line and then ours; the first is cut in the tick in which another is
    /// said, while a second waits; one is cut unsaid. Each is told by itself.</summary>
    public static class Tells
    {
        private const double PatienceS = 30;

        public static int Run(string[] args)
        {
            using (var loop = new PlayerLoop())
            using (var other = new Client(OptionsOf(args[0])))
            {
                TalkwireFace face = Scene.Face(args[0], "tells");
                var lines = new List<Line>();
                string heard = "", lost = "";
                face.LineTold += (line, news) =>
                {
                    string told = news + " " + (lines.IndexOf(line) + 1) + " ";
                    heard += news == LineNews.Lost ? "" : told;
                    lost += news == LineNews.Lost ? told : "";
                };
                Check.That(loop.Run(PatienceS, () => face.Mesh != null), "no head: " + face.Trouble);
                Npc npc = other.Npc("tells");
                npc.Open();
                Line hum = npc.Say(16000);
                hum.Push(new float[9600], 0, 9600);
                hum.End();
                Check.That(loop.Run(PatienceS, () => heard != ""), "somebody else is not heard");
                lines.Add(face.Say(Scene.Tone(2)));
                lines.Add(face.Say(Scene.Tone(0.5)));
                Check.That(loop.Run(PatienceS, () => heard == "Started 0 Ended 0 Started 1 "), heard);
                face.Interrupt();
                lines.Add(face.Say(Scene.Tone(0.5)));
                Check.That(loop.Run(PatienceS, () => heard.EndsWith("Ended 3 ")), heard);
                lines.Add(face.Say(Scene.Tone(0.5)));
                face.Interrupt();
                Check.That(loop.Run(PatienceS, () => lost.EndsWith("4 ")), lost);
                loop.Run(0.5);
                Check.Equal("Started 0 Ended 0 Started 1 Interrupted 1 Started 3 Ended 3 ", heard, "heard");
                Check.Equal("Lost 2 Lost 4 ", lost, "lost");
                UnityEngine.Object.DestroyImmediate(face.gameObject);
            }
            Scene.NoExceptions();
            return 0;
        }

        private static ClientOptions OptionsOf(string endpoint)
        {
            var options = new ClientOptions();
            Check.Equal(null, options.TakeEndpoint(endpoint), endpoint);
            return options;
        }
    }
}
