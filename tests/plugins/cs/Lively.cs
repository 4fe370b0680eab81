using System;
using System.Threading;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>Lively ENDPOINT SECONDS SEED [KEY SERVER_KEY]: a game that changes its mind all the time about four NPCs.
    /// After that, a line is still said whole.</summary>
    public static class Lively
    {
        private static readonly string[] Planes =
        {
            Topic.Q16, Topic.F32, Topic.Delta8, Topic.Q16N, Topic.Arkit, Topic.Coefficients, "", null,
        };

        public static int Run(string[] args)
        {
            string[] keys = args.Length > 3 ? new[] { args[3], args[4] } : new[] { "", "" };
            var options = new ClientOptions { Key = keys[0], ServerKey = keys[1] };
            Check.Good(options.TakeEndpoint(args[0]));
            var chance = new Random(int.Parse(args[2]));
            var client = new Core.Client(options);
            var lines = new Line[4];
            long packets = 0, untilNs = Clock.NowNs + int.Parse(args[1]) * 1000000000L;
            while (Clock.NowNs < untilNs)
            {
                for (int i = 0; i < lines.Length; i++)
                {
                    Npc npc = client.Npc("npc-" + i);
                    Change(npc, ref lines[i], chance);
                    packets += Take(npc);
                }
                Thread.Sleep(5);
            }
            Line last = SayWhole(client);
            bool stopped = client.Stop();
            Console.WriteLine(packets + " packets, " + client.Facts.Greetings + " greetings, " + client.Refused
                + " refused, last line " + last.State + " " + last.PlayedS + " s, stopped " + stopped);
            bool whole = last.State == LineState.Done && last.PlayedS == 1;
            return stopped && whole && client.Refused == 0 && packets > 100 ? 0 : 1;
        }

        private static void Change(Npc npc, ref Line line, Random chance)
        {
            switch (chance.Next(40))
            {
                case 0:
                    npc.Leave();
                    break;
                case 1:
                    npc.Interrupt();
                    break;
                case 2:
                case 3:
                    npc.Open();
                    npc.Listen(Planes[chance.Next(Planes.Length)], chance.Next(2) == 0 ? Topic.Patch : Topic.PatchBc1);
                    break;
                case 4:
                    line = npc.Say(8000 << chance.Next(3));
                    line.Wear(Mood(chance), chance.Next(20000));
                    break;
                case 5:
                    npc.SetStyle(Mood(chance));
                    break;
                case 6:
                    line?.End();
                    break;
                default:
                    line?.Push(new float[400], 0, 400);
                    break;
            }
        }

        private static Style Mood(Random chance)
        {
            var style = new Style { Strength = 2 * chance.NextDouble() };
            style.Emotions.Add(new Emotion { Name = "joy", Share = chance.NextDouble() });
            return style;
        }

        private static int Take(Npc npc)
        {
            int count = 0;
            Packet packet;
            while (npc.TryTake(out packet))
            {
                packet.Release();
                count++;
            }
            return count;
        }

        private static Line SayWhole(Core.Client client)
        {
            Npc npc = client.Npc("last");
            npc.Open();
            npc.Listen();
            Line line = npc.Say(16000);
            line.Push(new short[16000], 0, 16000);
            line.End();
            for (int i = 0; i < 2000 && !line.Over; i++)
            {
                Take(npc);
                Thread.Sleep(10);
            }
            return line;
        }
    }
}
