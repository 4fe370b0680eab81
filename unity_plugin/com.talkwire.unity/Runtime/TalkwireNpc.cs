using System;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>What every component has that shows an NPC: whose it is, what it says and how, and what became of it.
    /// Every call returns at once. Works in edit mode, too. Components of one NPC show the same picture.</summary>
    [ExecuteAlways]
    [RequireComponent(typeof(TalkwireVoice))]
    public abstract partial class TalkwireNpc : MonoBehaviour
    {
        private TalkwireVoice _voice;
        private string _joinedEndpoint, _joinedNpc, _joinedAvatar, _joinedToken, _joinedKey, _joinedServerKey, _told;
        private bool _connected;

        /// <summary>How it is played; null while this is not enabled, or its settings name no server.</summary>
        public TalkwireStream Stream { get; private set; }

        public bool IsConnected
        {
            get { return _connected; }
        }

        /// <summary>What is wrong, in a sentence for the game's developer; empty: nothing.</summary>
        public string Trouble
        {
            get
            {
                if (Stream == null)
                {
                    return _told ?? "";
                }
                Problem problem = Stream.Server.Facts.Problem ?? Stream.Npc.Problem;
                return problem == null ? "" : problem.ToString();
            }
        }

        /// <summary>Who is shown, and that they agreed, as the avatar says: show it beside the face. Empty until its head is
        /// known; what moves a character of yours needs none.</summary>
        public string Shows
        {
            get { return Stream == null || Stream.Player.Head == null ? "" : Stream.Player.Head.Shows; }
        }

        /// <summary>That the face is generated, in IPTC's word for how: trainedAlgorithmicMedia, or algorithmicMedia. Empty
        /// until its head is known, and of a server before 1.3 of the protocol.</summary>
        public string Generated
        {
            get { return Stream == null || Stream.Player.Head == null ? "" : Stream.Player.Head.Generated; }
        }

        internal TalkwireVoice Voice
        {
            get { return _voice != null ? _voice : _voice = GetComponent<TalkwireVoice>(); }
        }

        /// <summary>How much of the face it shows now.</summary>
        internal abstract TalkwireDetail Wanted { get; }

        internal abstract bool WantsTexture { get; }

        internal virtual bool ShowsVertices
        {
            get { return false; }
        }

        /// <summary>The scene is saved: what it has of a moment is none of its own.</summary>
        internal virtual void BeforeSaving()
        {
        }

        /// <summary>Between the eyes, about.</summary>
        protected virtual Vector3 EyesInWorld
        {
            get { return transform.position; }
        }

        /// <summary>Another picture is there.</summary>
        protected abstract void Show(TalkwireStream stream, Picture picture);

        /// <summary>Nothing is shown any more.</summary>
        protected abstract void Clear();

        internal void Tell(LineNews news, Line line)
        {
            try
            {
                LineTold?.Invoke(line, news);
            }
            catch (Exception error)  // of who listens: the others are still told
            {
                Debug.LogException(error, this);
            }
            try
            {
                switch (news)
                {
                    case LineNews.Started: _started.Invoke(); break;
                    case LineNews.Ended: _ended.Invoke(); break;
                    case LineNews.Interrupted: _interrupted.Invoke(); break;
                }
            }
            catch (Exception error)
            {
                Debug.LogException(error, this);
            }
        }

        protected virtual void OnEnable()
        {
            _told = null;
            Join();
        }

        protected virtual void OnDisable()
        {
            Leave();
            Clear();
        }

        private void Update()
        {
            TalkwireStream stream = Joined();
            if (stream == null)
            {
                return;
            }
            _speech.Step();
            Follow();
            _manner.Tell(stream.Npc, _strength, _followVoice);
            TellConnection(stream.Server.IsConnected);
            stream.Step(this);
        }

        private void LateUpdate()
        {
            TalkwireStream stream = Stream;
            if (stream != null && stream.Finish(this))
            {
                Show(stream, stream.Picture);
            }
        }

        /// <summary>The stream that the settings name now; also after it was ended for a reload.</summary>
        private TalkwireStream Joined()
        {
            bool same = _joinedEndpoint == _endpoint && _joinedToken == _token
                && _joinedKey == _key && _joinedServerKey == _serverKey
                && _joinedNpc == _npc && _joinedAvatar == _avatar;
            if (isActiveAndEnabled && (!same || Stream != null && Stream.Server.Stopped))
            {
                Leave();
                Join();
            }
            return Stream;
        }

        private void Join()
        {
            _joinedEndpoint = _endpoint;
            _joinedNpc = _npc;
            _joinedAvatar = _avatar;
            _joinedToken = _token;
            _joinedKey = _key;
            _joinedServerKey = _serverKey;
            Problem problem;
            Stream = TalkwireHub.Join(this, out problem);
            _manner.Again();
            string trouble = problem == null ? null : problem.ToString();
            if (trouble != null && trouble != _told)
            {
                Debug.LogWarning("talkwire: " + name + ": " + trouble, this);
            }
            _told = trouble;
        }

        private void Leave()
        {
            _speech.Forget();
            if (Stream != null)
            {
                TalkwireStream stream = Stream;
                Stream = null;
                TalkwireHub.Leave(this, stream);
            }
            TellConnection(false);
        }

        private void TellConnection(bool connected)
        {
            if (connected != _connected)
            {
                _connected = connected;
                try
                {
                    _connectionChanged.Invoke(connected);
                }
                catch (Exception error)
                {
                    Debug.LogException(error, this);
                }
            }
        }
    }
}
