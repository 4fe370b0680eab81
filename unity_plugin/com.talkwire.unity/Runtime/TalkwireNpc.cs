using System;
using Talkwire.Core;
using UnityEngine;
using UnityEngine.Events;

namespace Talkwire
{
    /// <summary>What every component has that shows an NPC: whose it is, what it says and how, and what became of it.
    /// Every call returns at once. Works in edit mode, too. Components of one NPC show the same picture.</summary>
    [ExecuteAlways]
    [RequireComponent(typeof(TalkwireVoice))]
    public abstract partial class TalkwireNpc : MonoBehaviour
    {
        [Tooltip("Where talkwire serve says that it listens.")]
        [SerializeField] private string _endpoint = "tcp://127.0.0.1:5556";

        [Tooltip("Its name: letters, digits, _.-; components with the same one show the same NPC.")]
        [SerializeField] private string _npc = "nova";

        [Tooltip("Whose head it has; empty: the server's first.")]
        [SerializeField] private string _avatar = "";

        [Tooltip("Where the server wants one. It crosses the network as it is.")]
        [SerializeField] private string _token = "";

        [Tooltip("How much later than the device says the ear hears, in ms: more than 0 with wireless headphones.")]
        [Range(-500, 500)]
        [SerializeField] private float _avOffset;

        [Tooltip("What is waited for, in ms, grows with the network's delays from the first to the second of these.")]
        [SerializeField] private Vector2 _buffer = new Vector2((float)JitterBuffer.LeastMs, (float)JitterBuffer.MostMs);

        [Tooltip("Of the lips.")]
        [Range(0, 2)]
        [SerializeField] private float _strength = 1;

        [Tooltip("How much a louder voice feels and moves more.")]
        [Range(0, 1)]
        [SerializeField] private float _followVoice;

        [SerializeField] private UnityEvent _started = new UnityEvent();
        [SerializeField] private UnityEvent _ended = new UnityEvent();
        [SerializeField] private UnityEvent _interrupted = new UnityEvent();
        [SerializeField] private ConnectionEvent _connectionChanged = new ConnectionEvent();

        private TalkwireVoice _voice;
        private string _joinedEndpoint, _joinedNpc, _joinedAvatar, _joinedToken, _told;
        private bool _connected;

        /// <summary>Whether a server is there.</summary>
        [Serializable]
        public sealed class ConnectionEvent : UnityEvent<bool>
        {
        }

        /// <summary>Each of these may be set at any time; the next Update goes by it.</summary>
        public string Endpoint
        {
            get { return _endpoint; }
            set { _endpoint = value; }
        }

        public string Npc
        {
            get { return _npc; }
            set { _npc = value; }
        }

        public string Avatar
        {
            get { return _avatar; }
            set { _avatar = value; }
        }

        public string Token
        {
            get { return _token; }
            set { _token = value; }
        }

        /// <summary>In ms: how much later than its sound a moment is shown.</summary>
        public float AvOffsetMs
        {
            get { return _avOffset; }
            set { _avOffset = Mathf.Clamp(value, -500, 500); }
        }

        /// <summary>The least and the most that is waited for late frames, in ms.</summary>
        public Vector2 BufferMs
        {
            get { return _buffer; }
            set { _buffer = value; }
        }

        /// <summary>A line's first sample is heard: once for each line, also for those that somebody else says
        /// through this NPC.</summary>
        public UnityEvent Started
        {
            get { return _started; }
        }

        /// <summary>Its last one is.</summary>
        public UnityEvent Ended
        {
            get { return _ended; }
        }

        /// <summary>Or it was cut.</summary>
        public UnityEvent Interrupted
        {
            get { return _interrupted; }
        }

        /// <summary>The same with the line, which is what Say gave; null: somebody else's. A line that goes on after its
        /// server was lost is still the same one.</summary>
        public event Action<Line, LineNews> LineTold;

        public ConnectionEvent ConnectionChanged
        {
            get { return _connectionChanged; }
        }

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
