using System;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>Borne ENDPOINT SECONDS [KEY SERVER_KEY]: a game that says a clip again and again, whatever the server does. Prints
    /// what happens as it does, and at the end what it took of a tick.</summary>
    public static class Borne
    {
        private const double LongestMs = 250;  // a bound that only waiting would break; the figure is printed

        public static int Run(string[] args)
        {
            var loop = new PlayerLoop();
            TalkwireFace face = Scene.Face(args[0]);
            face.Key = args.Length > 2 ? args[2] : "";
            face.ServerKey = args.Length > 3 ? args[3] : "";
            var heard = new Heard(face);
            string told = "";
            Line line = null;
            loop.Run(double.Parse(args[1]), () =>
            {
                string now = "connected " + heard.Connected + " disconnected " + heard.Disconnected
                    + " started " + heard.Started + " ended " + heard.Ended + " interrupted " + heard.Interrupted;
                if (now != told)
                {
                    told = now;
                    Console.WriteLine(now);
                }
                if (line == null || line.Over)
                {
                    line = face.Say(Scene.Tone(2));
                }
                return false;
            });
            long stopNs = Clock.NowNs;
            TalkwireHub.StopAll();
            double stopMs = (Clock.NowNs - stopNs) / 1e6;
            Console.WriteLine(loop.Ticked + ", stopped in " + stopMs + " ms; " + face.Trouble);
            Scene.NoExceptions();
            Check.That(loop.LongestMs < LongestMs && stopMs < LongestMs, "it was held");
            return 0;
        }
    }
}
