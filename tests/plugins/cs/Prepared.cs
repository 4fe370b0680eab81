using System;
using System.Collections.Generic;
using System.Threading;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>Prepared ENDPOINT: of what a server sends, whatever takes longer than a game's frame should has been
    /// done by the network's thread when the game takes it.</summary>
    public static class Prepared
    {
        private const int PatienceMs = 30000;

        public static int Run(string[] args)
        {
            var options = new ClientOptions();
            Check.Good(options.TakeEndpoint(args[0]));
            var prepared = new SortedSet<string>();
            var others = new SortedSet<string>();
            using (var client = new Core.Client(options))
            {
                Npc npc = client.Npc("nova");
                npc.Open();
                npc.Listen(Topic.Coefficients);
                for (int ms = 0; ms < PatienceMs && (prepared.Count < 3 || others.Count < 1); ms++)
                {
                    Packet packet;
                    while (npc.TryTake(out packet))
                    {
                        (packet.Prepared != null ? prepared : others).Add(packet.Message.Name);
                        packet.Release();
                    }
                    Thread.Sleep(1);
                }
            }
            Console.WriteLine(string.Join(" ", prepared) + "; " + string.Join(" ", others));
            return 0;
        }
    }
}
