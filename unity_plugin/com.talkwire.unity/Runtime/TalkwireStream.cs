using System;
using System.Collections.Generic;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>How much of a face is streamed. What is more has what is less.</summary>
    public enum TalkwireDetail
    {
        /// <summary>ARKit's 52 weights and the head's pose.</summary>
        Weights,

        /// <summary>Vertices as a sum of shapes that are sent once: a hundredth of the bytes.</summary>
        Basis,

        /// <summary>Vertices as the server thinks best.</summary>
        Vertices,
    }

    /// <summary>One NPC as it is played here, once, however many components show it. The first of them drives
    /// it.</summary>
    /// <remarks>Main thread.</remarks>
    public sealed class TalkwireStream
    {
        private const double FirstAheadMs = 1000 / 60.0, MostAheadMs = 100, Smooth = 1 / 8.0;

        public readonly TalkwireServer Server;
        public readonly Npc Npc;
        public readonly Player Player;

        internal readonly VoiceSink Sink = new VoiceSink();
        internal readonly SaidLines Said = new SaidLines();
        private readonly Picture _shown = new Picture();
        private readonly List<TalkwireNpc> _members = new List<TalkwireNpc>();
        private readonly List<Happening> _happenings = new List<Happening>();
        private Vector2 _buffer;
        private TalkwireDetail _detail;
        private string _patches;
        private bool _listens;
        private Picture _asked;  // is being made; null: none is
        private long _askedNs;
        private double _aheadMs = FirstAheadMs;  // from there until it is shown: a tick

        internal TalkwireStream(TalkwireServer server, Npc npc)
        {
            Server = server;
            Npc = npc;
            Player = new Player(Sink);
            Patches = PatchPlane.Best;
        }

        /// <summary>What is shown now; null: nothing yet.</summary>
        public Picture Picture { get; private set; }

        /// <summary>Its vertices in Unity's space, where a component wants them; null: none yet.</summary>
        internal HeadPose Pose { get; private set; }

        /// <summary>The plane of patches that this machine can show.</summary>
        internal string Patches { get; set; }

        /// <summary>The components that show it; the first one drives it.</summary>
        internal IReadOnlyList<TalkwireNpc> Members
        {
            get { return _members; }
        }

        internal void Add(TalkwireNpc member)
        {
            _members.Add(member);
            Npc.Open();
        }

        /// <summary>Whether it was the last.</summary>
        internal bool Remove(TalkwireNpc member)
        {
            _members.Remove(member);
            Sink.Forget(member.Voice);
            if (_members.Count > 0)
            {
                return false;
            }
            ForgetPose();
            Npc.Leave();
            return true;
        }

        /// <summary>Whatever is being made is made for nobody.</summary>
        internal void ForgetPose()
        {
            if (Pose != null)
            {
                Pose.Dispose();
                Pose = null;
            }
        }

        /// <summary>A component's Update: the picture that was asked for in the one before is the one to be shown, what
        /// has come is taken, and the next is asked for. Nobody but who makes it touches the player until it is
        /// there.</summary>
        internal void Step(TalkwireNpc by)
        {
            if (_members[0] != by)
            {
                return;
            }
            long nowNs = Clock.NowNs;
            Server.TakeNotices();
            Listen();
            Sink.Step(FindVoice(), nowNs);
            if (Pose != null && !Pose.IsDone)
            {
                return;  // it comes late: the one before stays
            }
            Take(by, nowNs);
            Adjust(by, nowNs);
            Npc.Receive(Player, nowNs, Server.OffsetNs);
            _happenings.Clear();
            Player.Happened(nowNs, _happenings);
            Said.Hear(_happenings, Player.Generation);
            Ask(nowNs);
            Tell(nowNs);
        }

        /// <summary>A component's LateUpdate: whether there is a picture to be shown.</summary>
        internal bool Finish(TalkwireNpc by)
        {
            bool atOnce = Pose == null && _asked == null;
            if (Picture != null && atOnce && _members[0] == by)
            {
                Player.Displayed(Clock.NowNs);
            }
            return Picture != null;
        }

        /// <summary>What was asked for is shown from now on, and measured: how long it took, how well it fits.</summary>
        private void Take(TalkwireNpc by, long nowNs)
        {
            if (_asked == null)
            {
                return;
            }
            Player.SetAvOffset(by.AvOffsetMs);
            Player.Displayed(nowNs);
            _aheadMs += Smooth * (Math.Min((nowNs - _askedNs) / 1e6, MostAheadMs) - _aheadMs);
            if (Pose != null)
            {
                Pose.Take();
            }
            _shown.Set(_asked);
            Picture = _shown;
            _asked = null;
        }

        /// <summary>Vertices take until the next tick, and are those of that moment: a picture is asked for as by a slow
        /// screen. What needs none is shown at once.</summary>
        private void Ask(long nowNs)
        {
            _asked = Player.Present(nowNs);
            _askedNs = nowNs;
            if (_asked == null || !WantsVertices())
            {
                ForgetPose();
                Picture = _asked;
                _asked = null;
            }
            else if (Player.Head != null)
            {
                BeginPose();
            }
        }

        private void Adjust(TalkwireNpc by, long nowNs)
        {
            Player.SetAvOffset(by.AvOffsetMs - (WantsVertices() ? Sink.ComingMs(_aheadMs, nowNs) : 0));
            Vector2 buffer = by.BufferMs;
            if (buffer.x != _buffer.x || buffer.y != _buffer.y)
            {
                _buffer = buffer;
                Problem problem = Player.Buffer.Limit(buffer.x, buffer.y);
                if (problem != null)
                {
                    Debug.LogWarning("talkwire: " + by.name + ": " + problem, by);
                }
            }
        }

        private void BeginPose()
        {
            if (Pose == null || Pose.Head != Player.Head)
            {
                ForgetPose();
                Pose = new HeadPose(Player.Head);
            }
            Pose.Begin(Player, _asked);
        }

        /// <summary>What is to be received is what the most demanding component shows.</summary>
        private void Listen()
        {
            TalkwireDetail detail = TalkwireDetail.Weights;
            bool textured = false, exact = false;
            for (int i = 0; i < _members.Count; i++)
            {
                detail = (TalkwireDetail)Math.Max((int)detail, (int)_members[i].Wanted);
                textured |= _members[i].WantsTexture;
                exact |= _members[i].ExactTexture;
            }
            string patches = !textured ? null : exact ? Topic.PatchRgb : Patches;
            if (_listens && detail == _detail && patches == _patches)
            {
                return;
            }
            _listens = Npc.Read(Planes(detail, patches, WantsVertices()));
            _detail = detail;
            _patches = patches;
        }

        private static List<string> Planes(TalkwireDetail detail, string patches, bool shaped)
        {
            var planes = new List<string> { Topic.Event, Topic.Audio };
            planes.Add(detail == TalkwireDetail.Vertices ? ""  // as the server suggests
                : detail == TalkwireDetail.Basis ? Topic.Coefficients : Topic.Arkit);
            if (detail == TalkwireDetail.Basis)
            {
                planes.Add(Topic.Basis);
            }
            if (shaped || patches != null)  // it says whom the picture shows, too
            {
                planes.Add(Topic.Mesh);
            }
            if (patches != null)
            {
                planes.Add(patches == Topic.PatchBc1 ? Topic.TextureBc1 : Topic.Texture);
                planes.Add(patches);
            }
            return planes;
        }

        private bool WantsVertices()
        {
            for (int i = 0; i < _members.Count; i++)
            {
                if (_members[i].ShowsVertices)
                {
                    return true;
                }
            }
            return false;
        }

        private TalkwireVoice FindVoice()
        {
            for (int i = 0; i < _members.Count; i++)
            {
                TalkwireVoice voice = _members[i].Voice;
                if (voice != null && voice.isActiveAndEnabled)
                {
                    return voice;
                }
            }
            return null;
        }

        private void Tell(long nowNs)
        {
            LineNews news;
            Line line;
            while (Said.Tell(nowNs, out news, out line))
            {
                TalkwireNpc[] members = _members.ToArray();  // whoever is told may leave, or bring others
                for (int i = 0; i < members.Length; i++)
                {
                    if (members[i].Stream == this)
                    {
                        members[i].Tell(news, line);
                    }
                }
            }
        }
    }
}
