using System;
using System.Collections.Generic;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>Which of a player's happenings is of which line: whatever the server's word and the sound come in.</summary>
    public static class SaidTests
    {
        public static void LinesAreToldByTheirUtterances()
        {
            var script = new Script(3);
            script.Heard("started", 4).Told(300, "started 0");  // somebody else's: none of ours was begun
            script.Says(1, LineState.Speaking, 5).Heard("ended", 4).Heard("started", 5).Told(300, "ended 0, started 1");
            script.Says(1, LineState.Done, 5).Says(2, LineState.Refused, 0).Told(301, "lost 2");
            script.Says(3, LineState.Speaking, 6).Heard("ended", 5).Heard("started", 6).Heard("ended", 6);
            script.Told(302, "ended 1, started 3, ended 3").Says(3, LineState.Done, 6).Told(20000, "");
        }

        public static void OneIsInterruptedAndTheNextBeginsInTheSameTick()
        {
            var script = new Script(4);
            script.Says(1, LineState.Speaking, 5).Heard("started", 5).Told(0, "started 1");
            for (int i = 1; i <= 3; i++)
            {
                script.Says(i, LineState.Interrupted, i == 1 ? 5 : 0);  // 2 was begun, which nobody knows yet
            }
            script.Heard("interrupted", 5).Heard("started", 6).Heard("interrupted", 6).Told(10, "interrupted 1");
            script.Says(2, LineState.Interrupted, 6).Says(4, LineState.Speaking, 7).Heard("started", 7, 2);
            script.Told(20, "started 2, interrupted 2, started 4").Told(499, "").Told(510, "lost 3");
            script.Heard("ended", 7, 2).Told(600, "ended 4").Told(20000, "");
        }

        public static void TheServersWordMayComeLaterThanTheSound()
        {
            var script = new Script(1);
            script.Heard("started", 5).Told(100, "");
            script.Says(1, LineState.Speaking, 5).Told(120, "started 1").Heard("ended", 5).Told(130, "ended 1");
            script.Say().Heard("started", 6).Heard("ended", 6).Told(300, "").Told(380, "started 0, ended 0");
        }

        public static void WhatALostServerCutIsOneWithItsRest()
        {
            var script = new Script(2);
            script.Says(1, LineState.Speaking, 3).Heard("started", 3).Told(0, "started 1");
            script.Greeted(true).Heard("interrupted", 3).Told(10, "");  // another server goes on with it
            script.Says(1, LineState.Speaking, 2).Heard("started", 2, 8).Told(400, "");
            script.Says(1, LineState.Done, 2).Says(2, LineState.Speaking, 3);  // a number that the other one had, too
            script.Heard("ended", 2, 8).Heard("started", 3, 8).Told(900, "ended 1, started 2");
            script.Greeted(false).Heard("ended", 3, 8).Told(1000, "");  // the same server had forgotten us
            script.Says(2, LineState.Queued, 0).Told(1100, "");
            script.Says(2, LineState.Speaking, 4).Heard("started", 4, 8).Heard("ended", 4, 8).Told(1200, "ended 2");
        }

        public static void TheRestDoesNotCome()
        {
            var script = new Script(3);
            script.Says(1, LineState.Speaking, 1).Heard("started", 1).Told(0, "started 1");
            script.Greeted(true).Heard("interrupted", 1).Told(10, "");
            script.Says(1, LineState.Interrupted, 0).Told(20, "interrupted 1");
            script.Says(2, LineState.Speaking, 2).Heard("started", 2, 2).Told(30, "started 2");
            script.Greeted(false).Heard("ended", 2, 2).Told(40, "");
            script.Says(2, LineState.Done, 0).Told(50, "ended 2");  // the server had had all of it
            script.Says(3, LineState.Done, 3).Told(10000, "").Told(10060, "lost 3");
        }

        /// <summary>What is said, what the server says of it and the player has heard, and what is told of that.</summary>
        private sealed class Script
        {
            private const long Ms = 1000000, StartNs = 1000 * Ms;

            private readonly SaidLines _said = new SaidLines();
            private readonly List<Line> _lines = new List<Line>();
            private readonly List<Happening> _heard = new List<Happening>();
            private long _nowNs = StartNs, _newest;

            public Script(int lines)
            {
                for (int i = 0; i < lines; i++)
                {
                    Say();
                }
            }

            public Script Say()
            {
                using (var client = new Client(new ClientOptions { Port = 9 }))
                {
                    _lines.Add(client.Npc("nova").Say(16000));
                }
                _said.Add(_lines[_lines.Count - 1]);
                return this;
            }

            public Script Says(int line, LineState state, long utterance)
            {
                _said.Hear(_lines[line - 1], state, utterance, _nowNs);
                return this;
            }

            public Script Greeted(bool restarted)
            {
                _said.Greeted(restarted);
                return this;
            }

            public Script Heard(string kind, long utterance, long generation = 1)
            {
                var what = (HappeningKind)Enum.Parse(typeof(HappeningKind), kind, true);
                _heard.Add(new Happening(what, utterance, generation, 0, _nowNs));
                _newest = generation;
                return this;
            }

            public Script Told(long nowMs, string wanted)
            {
                _said.Hear(_heard, _newest);
                _heard.Clear();
                _nowNs = StartNs + nowMs * Ms;
                var seen = new List<string>();
                LineNews news;
                Line line;
                while (_said.Tell(_nowNs, out news, out line))
                {
                    seen.Add(news.ToString().ToLowerInvariant() + " " + (_lines.IndexOf(line) + 1));
                }
                Check.Equal(wanted, string.Join(", ", seen), "at " + nowMs + " ms");
                return this;
            }
        }
    }
}
