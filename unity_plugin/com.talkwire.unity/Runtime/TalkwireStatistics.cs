using System.Text;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>What is measured of every NPC that is shown, over the picture. For development: it makes
    /// strings.</summary>
    [AddComponentMenu("talkwire/Talkwire Statistics")]
    public sealed class TalkwireStatistics : MonoBehaviour
    {
        private const float EveryS = 0.5f;

        [SerializeField] private Rect _place = new Rect(10, 10, 640, 400);

        private string _text = "";
        private float _writtenS = -EveryS;

        /// <summary>A line for each server and for each of its NPCs.</summary>
        public static string Write()
        {
            var text = new StringBuilder();
            foreach (TalkwireServer server in TalkwireHub.Servers)
            {
                Write(server, text);
                foreach (TalkwireStream stream in server.Streams)
                {
                    Write(stream, text);
                }
            }
            return text.Length == 0 ? "talkwire: no NPC is shown" : text.ToString();
        }

        private void OnGUI()
        {
            if (Time.realtimeSinceStartup - _writtenS > EveryS)
            {
                _writtenS = Time.realtimeSinceStartup;
                _text = Write();
            }
            GUI.Label(_place, _text);
        }

        private static void Write(TalkwireServer server, StringBuilder text)
        {
            Facts facts = server.Facts;
            text.Append(server.Endpoint).Append("  ").Append(facts.State);
            if (server.IsConnected)
            {
                text.Append("  load ").Append((100 * facts.Load).ToString("0")).Append(" %");
                text.Append(facts.Level > 0 ? ", saves " + facts.Level + " steps" : "");
            }
            else if (facts.Problem != null)
            {
                text.Append("  ").Append(facts.Problem);
            }
            text.Append('\n');
        }

        private static void Write(TalkwireStream stream, StringBuilder text)
        {
            Stats stats = stream.Player.Stats;
            text.Append("  ").Append(stream.Npc.Session).Append("  ").Append(stream.Npc.State)
                .Append(stream.Sink.IsAloud ? "" : ", unheard");
            Write(text, "  A/V error p95 ", stats.AvErrorMs, 0.95);
            Write(text, "  buffer ", stats.BufferTargetMs, 0.5);
            Write(text, "  first frame ", stats.FirstFrameMs, 0.5);
            text.Append("  late ").Append(stats.Late).Append(", lost ").Append(stats.Dropped).Append(" of ")
                .Append(stats.Sent).Append(", underruns ").Append(stats.Underruns).Append('\n');
        }

        private static void Write(StringBuilder text, string name, Samples samples, double share)
        {
            if (samples.Count > 0)
            {
                text.Append(name).Append(samples.Percentile(share).ToString("0.0")).Append(" ms");
            }
        }
    }
}
