using System;
using System.Collections.Generic;
using System.Globalization;
using Talkwire.Core;

namespace Talkwire.Client
{
    /// <summary>What talkwire-client-cs was told on its command line.</summary>
    public sealed class Options
    {
        public const string Usage =
            "usage: talkwire-client-cs ENDPOINT [--npc NAME] [--avatar NAME] [--say FILE.wav]... [--live]\n"
            + "           [--frames frame/q16] [--seconds S] [--cycles N] [--token TOKEN] [--bandwidth KBIT_S]\n"
            + "           [--key NAME.key --server-key server.pub]\n"
            + "Opens an NPC, reads it, says the files, plays all of it in silence at 60 pictures a second, and prints\n"
            + "a line of JSON for whatever happens and one with what was measured. With --say it ends when all was heard,\n"
            + "else after --seconds (10). --live: say the first file as a microphone would. --cycles: come and go so\n"
            + "often, and measure the going.";

        public readonly ClientOptions Client = new ClientOptions();
        public readonly List<string> Say = new List<string>();
        public string Npc = "nova", Avatar = "", Frames = "";
        public double Seconds = 10;
        public int Cycles;
        public bool Live;

        /// <summary>Null, or what is wrong.</summary>
        public string Take(string[] args)
        {
            if (args.Length == 0)
            {
                return Usage;
            }
            Problem problem = Client.TakeEndpoint(args[0]);
            for (int i = 1; problem == null && i < args.Length; i++)
            {
                if (args[i] == "--live")
                {
                    Live = true;
                }
                else if (i + 1 == args.Length || !Take(args[i], args[++i]))
                {
                    return Usage;
                }
            }
            return problem != null ? problem.ToString() : null;
        }

        private bool Take(string name, string value)
        {
            switch (name)
            {
                case "--npc":
                    Npc = value;
                    return TextRule.Session.Allows(value);
                case "--avatar":
                    Avatar = value;
                    return TextRule.Avatar.Allows(value);
                case "--say":
                    Say.Add(value);
                    return true;
                case "--frames":
                    Frames = value;
                    return Topic.IsMotion(value);
                case "--token":
                    Client.Token = value;
                    return true;
                case "--key":
                    Client.Key = value;
                    return true;
                case "--server-key":
                    Client.ServerKey = value;
                    return true;
                case "--seconds":
                    CultureInfo plain = CultureInfo.InvariantCulture;
                    return double.TryParse(value, NumberStyles.Float, plain, out Seconds) && Seconds > 0;
                case "--cycles":
                    return int.TryParse(value, out Cycles) && Cycles > 0;
                case "--bandwidth":
                    return int.TryParse(value, out Client.BandwidthKbitS) && Client.BandwidthKbitS >= 0;
                default:
                    return false;
            }
        }
    }
}
