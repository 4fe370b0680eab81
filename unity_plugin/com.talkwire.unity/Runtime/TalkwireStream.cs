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
        public readonly TalkwireServer Server;
        public readonly Npc Npc;
        public readonly Player Player;

        internal readonly VoiceSink Sink = new VoiceSink();
        private readonly List<TalkwireNpc> _members = new List<TalkwireNpc>();
        private readonly List<Happening> _happenings = new List<Happening>();
        private Vector2 _buffer;
        private TalkwireDetail _detail;
        private string _patches;
        private bool _listens;

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
            if (Pose != null)
            {
                Pose.Dispose();
            }
            Npc.Leave();
            return true;
        }

        /// <summary>A component's Update: what has come is taken, and the picture of this moment chosen.</summary>
        internal void Step(TalkwireNpc by)
        {
            if (_members[0] != by || (Pose != null && !Pose.Finish()))
            {
                return;
            }
            long nowNs = Clock.NowNs;
            Server.TakeNotices();
            Listen();
            Sink.Step(FindVoice(), nowNs);
            Adjust(by);
            Npc.Receive(Player, nowNs, Server.OffsetNs);
            Picture = Player.Present(nowNs);
            BeginPose();
            Tell(nowNs);
        }

        /// <summary>A component's LateUpdate: whether a picture is ready to be shown.</summary>
        internal bool Finish(TalkwireNpc by)
        {
            if (Picture == null || (Pose != null && !Pose.Finish()))
            {
                return false;
            }
            if (_members[0] == by)
            {
                Player.Displayed(Clock.NowNs);
            }
            return true;
        }

        private void Adjust(TalkwireNpc by)
        {
            Player.SetAvOffset(by.AvOffsetMs);
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
            if (Picture == null || Player.Head == null || !WantsVertices())
            {
                return;
            }
            if (Pose == null || Pose.Head != Player.Head)
            {
                if (Pose != null)
                {
                    Pose.Dispose();
                }
                Pose = new HeadPose(Player.Head);
            }
            Pose.Begin(Player, Picture);
        }

        /// <summary>What is to be received is what the most demanding component shows.</summary>
        private void Listen()
        {
            TalkwireDetail detail = TalkwireDetail.Weights;
            bool textured = false;
            for (int i = 0; i < _members.Count; i++)
            {
                detail = (TalkwireDetail)Math.Max((int)detail, (int)_members[i].Wanted);
                textured |= _members[i].WantsTexture;
            }
            string patches = textured ? Patches : null;
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
            if (shaped)
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
            _happenings.Clear();
            Player.Happened(nowNs, _happenings);
            if (_happenings.Count == 0)
            {
                return;
            }
            TalkwireNpc[] members = _members.ToArray();  // whoever is told may leave, or bring others
            for (int i = 0; i < _happenings.Count; i++)
            {
                for (int member = 0; member < members.Length; member++)
                {
                    if (members[member].Stream == this)
                    {
                        members[member].Tell(_happenings[i].Kind);
                    }
                }
            }
        }
    }
}
