using System.Collections.Generic;
using System.Threading;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>A connection to one server, with all NPCs that it shows here.</summary>
    public sealed class TalkwireServer
    {
        private const float SameAgainS = 30;  // what was told is not told again before

        private readonly ClientOptions _options;
        private readonly Client _client;
        private readonly List<TalkwireStream> _streams = new List<TalkwireStream>();
        private string _told = "";
        private float _toldS;
        private bool _missed;  // it was told that there is no server

        /// <summary>Begins to connect.</summary>
        internal TalkwireServer(ClientOptions options)
        {
            _options = options;
            _client = new Client(options);
        }

        public string Endpoint
        {
            get { return "tcp://" + _options.Host + ":" + _options.Port; }
        }

        /// <summary>How it stands with the server.</summary>
        public Facts Facts
        {
            get { return _client.Facts; }
        }

        public bool IsConnected
        {
            get { return Facts.State == SessionState.Ready; }
        }

        /// <summary>Once more, where the server did not want this client.</summary>
        public void TryAgain()
        {
            _client.TryAgain();
        }

        /// <summary>The NPCs that are shown.</summary>
        public IReadOnlyList<TalkwireStream> Streams
        {
            get { return _streams; }
        }

        /// <summary>It was ended: who holds it wants another one.</summary>
        internal bool Stopped { get; private set; }

        /// <summary>And its thread has gone.</summary>
        internal bool HasEnded { get; private set; }

        /// <summary>Who keep it without an NPC.</summary>
        internal int Holders { get; set; }

        internal long OffsetNs
        {
            get { return _client.OffsetNs; }
        }

        internal bool IsUnused
        {
            get { return _streams.Count == 0 && Holders == 0; }
        }

        internal bool Is(ClientOptions options)
        {
            return _options.Host == options.Host && _options.Port == options.Port && _options.Token == options.Token
                && _options.Key == options.Key && _options.ServerKey == options.ServerKey;
        }

        internal TalkwireStream Join(TalkwireNpc member, out Problem problem)
        {
            TalkwireStream stream = Find(member.Npc);
            problem = null;
            if (stream == null)
            {
                Npc npc = _client.Npc(member.Npc, member.Avatar);
                if (npc == null)
                {
                    problem = TextRule.Session.Allows(member.Npc)
                        ? NoName("no avatar has this name", member.Avatar, TextRule.Avatar)
                        : NoName("no NPC has this name", member.Npc, TextRule.Session);
                    return null;
                }
                stream = new TalkwireStream(this, npc);
                _streams.Add(stream);
            }
            stream.Add(member);
            return stream;
        }

        internal void Leave(TalkwireNpc member, TalkwireStream stream)
        {
            if (stream.Remove(member))
            {
                _streams.Remove(stream);
            }
        }

        /// <summary>Nobody makes heads for it any more.</summary>
        internal void ForgetPoses()
        {
            for (int i = 0; i < _streams.Count; i++)
            {
                _streams[i].ForgetPose();
            }
        }

        /// <summary>Waits for its thread, at most 200 ms.</summary>
        internal void Stop()
        {
            Stopped = true;
            HasEnded = _client.Stop();
        }

        /// <summary>The same without waiting.</summary>
        internal void End()
        {
            Stopped = true;
            ThreadPool.QueueUserWorkItem(StopIt, this);
        }

        /// <summary>What was refused goes to the Console, and why there is no server, once each time.</summary>
        internal void TakeNotices()
        {
            Notice notice;
            while (_client.TryTake(out notice))
            {
                Hear(notice);
                Problem problem = notice.Kind == NoticeKind.Line ? notice.Line.Problem
                    : notice.Kind == NoticeKind.Error ? notice.Problem : null;
                if (problem != null)
                {
                    Tell(notice.Npc == null ? Endpoint : notice.Npc.Session, problem);
                }
            }
            Facts facts = Facts;
            if (facts.State == SessionState.Ready)
            {
                _missed = false;
            }
            else if (facts.Problem != null && !_missed)
            {
                _missed = true;
                Tell(Endpoint, facts.Problem);
            }
        }

        /// <summary>What matters to the lines that are said here.</summary>
        private void Hear(Notice notice)
        {
            for (int i = 0; i < _streams.Count; i++)
            {
                TalkwireStream stream = _streams[i];
                if (notice.Kind == NoticeKind.Welcome)
                {
                    stream.Said.Greeted(notice.Restarted);
                }
                else if (notice.Kind == NoticeKind.Closed && notice.Npc == stream.Npc)
                {
                    stream.Said.CountAnew();
                }
                else if (notice.Kind == NoticeKind.Line)
                {
                    stream.Said.Hear(notice.Line, notice.Line.State, notice.Utterance, Clock.NowNs);
                }
            }
        }

        private static Problem NoName(string what, string name, TextRule rule)
        {
            return new Problem("protocol", what, "'" + name + "'", rule.Wanted, "name it like nova or guard-1");
        }

        private void Tell(string whose, Problem problem)
        {
            string sentence = "talkwire: " + whose + ": " + problem;
            float nowS = Time.realtimeSinceStartup;
            if (sentence != _told || nowS - _toldS > SameAgainS)
            {
                _told = sentence;
                _toldS = nowS;
                Debug.LogWarning(sentence);
            }
        }

        private static void StopIt(object server)
        {
            ((TalkwireServer)server).Stop();
        }

        private TalkwireStream Find(string npc)
        {
            for (int i = 0; i < _streams.Count; i++)
            {
                if (_streams[i].Npc.Session == npc)
                {
                    return _streams[i];
                }
            }
            return null;
        }
    }
}
