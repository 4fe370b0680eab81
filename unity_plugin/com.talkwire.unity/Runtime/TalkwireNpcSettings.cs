using System;
using Talkwire.Core;
using UnityEngine;
using UnityEngine.Events;

namespace Talkwire
{
    /// <summary>What a person sets in the inspector, and a script, too.</summary>
    public abstract partial class TalkwireNpc
    {
        [Tooltip("Where talkwire serve says that it listens.")]
        [SerializeField] private string _endpoint = "tcp://127.0.0.1:5556";

        [Tooltip("Its name: letters, digits, _.-; components with the same one show the same NPC.")]
        [SerializeField] private string _npc = "nova";

        [Tooltip("Whose head it has; empty: the server's first.")]
        [SerializeField] private string _avatar = "";

        [Tooltip("Where the server wants one. It crosses the network as it is.")]
        [SerializeField] private string _token = "";

        [Tooltip("For a server with keys, by libzmq (docs/unity.md): the path of this client's .key, or what is in it.")]
        [SerializeField] private string _key = "";

        [Tooltip("For a server with keys: the path of its .pub, or what is in it.")]
        [SerializeField] private string _serverKey = "";

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

        [Tooltip("What changes of the texture comes without loss: many bytes, for a server on the same machine.")]
        [SerializeField] private bool _exactTexture;

        [SerializeField] private UnityEvent _started = new UnityEvent();
        [SerializeField] private UnityEvent _ended = new UnityEvent();
        [SerializeField] private UnityEvent _interrupted = new UnityEvent();
        [SerializeField] private ConnectionEvent _connectionChanged = new ConnectionEvent();

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

        /// <summary>A secret: set by a script, it is in no scene, and not in what is shipped.</summary>
        public string Key
        {
            get { return _key; }
            set { _key = value; }
        }

        public string ServerKey
        {
            get { return _serverKey; }
            set { _serverKey = value; }
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

        /// <summary>Whether what changes of the texture comes without loss, in six times the bytes: for a server on the
        /// same machine, since 1.3 of the protocol.</summary>
        public bool ExactTexture
        {
            get { return _exactTexture; }
            set { _exactTexture = value; }
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
    }
}
