using System;
using System.IO;
using System.Threading;
using Talkwire.Core;

namespace Talkwire.Client
{
    /// <summary>talkwire-client-cs: this core against a real server, as a game would use it.</summary>
    public static class Client
    {
        private const int MostBeforeGoingMs = 120;  // from a connection that is not there yet to one that streams

        public static int Main(string[] args)
        {
            var options = new Options();
            string trouble = options.Take(args);
            if (trouble != null)
            {
                Console.Error.WriteLine(trouble);
                return 2;
            }
            try
            {
                return options.Cycles > 0 ? ComeAndGo(options) : new Game(options).Run();
            }
            catch (Exception error)
                when (error is IOException || error is FormatException || error is UnauthorizedAccessException)
            {
                Console.Error.WriteLine(error.Message);
                return 2;
            }
        }

        /// <summary>Comes and goes, each time a little later, and says how long going took. The first time is told by
        /// itself: in it the runtime loads what it needs for sockets, which takes as long as it takes.</summary>
        private static int ComeAndGo(Options options)
        {
            double firstMs = 0, worstMs = 0;
            int ended = 0, opened = 0;
            for (int i = 0; i <= options.Cycles; i++)
            {
                bool didOpen, didEnd;
                double ms = ComeAndGo(options, i * 37 % MostBeforeGoingMs, out didOpen, out didEnd);
                if (i == 0)
                {
                    firstMs = ms;
                    continue;
                }
                worstMs = Math.Max(worstMs, ms);
                opened += didOpen ? 1 : 0;
                ended += didEnd ? 1 : 0;
            }
            Console.WriteLine(new JsonWriter().Open('{').Key("cycles").Value(options.Cycles).Key("opened").Value(opened)
                .Key("ended").Value(ended).Key("first_stop_ms").Value(Math.Round(firstMs, 3))
                .Key("worst_stop_ms").Value(Math.Round(worstMs, 3)).Close('}'));
            return ended == options.Cycles ? 0 : 1;
        }

        private static double ComeAndGo(Options options, int afterMs, out bool opened, out bool ended)
        {
            var client = new Core.Client(options.Client);
            Npc npc = client.Npc(options.Npc, options.Avatar);
            npc.Open();
            npc.Listen(options.Frames);
            Thread.Sleep(afterMs);
            opened = npc.State == NpcState.Open;
            long beganNs = Clock.NowNs;
            ended = client.Stop();
            return (Clock.NowNs - beganNs) / 1e6;
        }
    }
}
