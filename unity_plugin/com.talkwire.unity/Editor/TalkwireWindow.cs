using System.Collections.Generic;
using Talkwire.Core;
using UnityEditor;
using UnityEngine;

namespace Talkwire.Editing
{
    /// <summary>Window > talkwire: the connection, what is measured, a clip for each NPC, recording; with and without
    /// Play.</summary>
    public sealed class TalkwireWindow : EditorWindow
    {
        [SerializeField] private string _endpoint = "tcp://127.0.0.1:5556";
        [SerializeField] private string _token = "", _key = "", _serverKey = "";

        private readonly Dictionary<string, AudioClip> _clips = new Dictionary<string, AudioClip>();
        private TalkwireServer _server;
        private Problem _problem;

        [MenuItem("Window/talkwire")]
        public static void Open()
        {
            GetWindow<TalkwireWindow>("talkwire");
        }

        private void OnEnable()
        {
            Connect();
        }

        private void OnDisable()
        {
            Disconnect();
        }

        // ten times a second
        private void OnInspectorUpdate()
        {
            if (_server != null && _server.Stopped)
            {
                _server = null;
                Connect();
            }
            Repaint();
        }

        private void OnGUI()
        {
            string endpoint = EditorGUILayout.DelayedTextField("Endpoint", _endpoint);
            string token = EditorGUILayout.DelayedTextField("Token", _token);
            string key = EditorGUILayout.DelayedTextField("Key", _key);
            string serverKey = EditorGUILayout.DelayedTextField("Server Key", _serverKey);
            if (endpoint != _endpoint || token != _token || key != _key || serverKey != _serverKey)
            {
                _endpoint = endpoint;
                _token = token;
                _key = key;
                _serverKey = serverKey;
                Disconnect();
                Connect();
            }
            State();
            foreach (TalkwireServer server in TalkwireHub.Servers)
            {
                foreach (TalkwireStream stream in server.Streams)
                {
                    Npc(stream.Members[0]);
                }
            }
            EditorGUILayout.HelpBox(TalkwireStatistics.Write(), MessageType.None);
        }

        private void State()
        {
            Problem problem = _server == null ? _problem : _server.Facts.Problem;
            if (problem != null)
            {
                EditorGUILayout.HelpBox(problem.ToString(), MessageType.Warning);
            }
            else if (_server != null && _server.IsConnected)
            {
                Facts facts = _server.Facts;
                string saves = facts.Level > 0 ? ", saves " + facts.Level + " steps of quality" : "";
                EditorGUILayout.LabelField("connected", "busy " + (100 * facts.Load).ToString("0") + " %" + saves);
                EditorGUILayout.LabelField("Avatars", string.Join(", ", facts.Avatars));
            }
            else
            {
                EditorGUILayout.LabelField("connecting");
            }
            if (_server != null && _server.Facts.State == SessionState.Failed && GUILayout.Button("Try again"))
            {
                _server.TryAgain();
            }
        }

        private void Npc(TalkwireNpc npc)
        {
            EditorGUILayout.LabelField(npc.Npc);
            AudioClip clip;
            _clips.TryGetValue(npc.Npc, out clip);
            _clips[npc.Npc] = Speaking.Of(npc, clip);
            bool records = TalkwireRecorder.Records(npc);
            if (GUILayout.Button(records ? "Stop and save" : "Record"))
            {
                if (records)
                {
                    TalkwireRecorder.StopAndSave();
                }
                else
                {
                    TalkwireRecorder.Start(npc);
                }
            }
        }

        private void Connect()
        {
            var options = new ClientOptions { Token = _token, Key = _key, ServerKey = _serverKey };
            _server = TalkwireHub.Hold(_endpoint, options, out _problem);
        }

        private void Disconnect()
        {
            if (_server != null && !_server.Stopped)
            {
                TalkwireHub.Release(_server);
            }
            _server = null;
        }
    }
}
