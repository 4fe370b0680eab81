using System.Text;

namespace Talkwire.Core
{
    /// <summary>How a media message says whose it is: `tw1/session/plane`, a zero byte, the message.</summary>
    public struct Topic
    {
        public const string Mesh = "mesh", Texture = "texture", TextureBc1 = "texture/bc1", Basis = "basis";
        public const string Audio = "audio", Event = "event", Patch = "patch", PatchBc1 = "patch/bc1",
            PatchRgb = "patch/rgb";
        public const string F32 = "frame/f32", Q16 = "frame/q16", Q16N = "frame/q16n", Delta8 = "frame/delta8";
        public const string Coefficients = "frame/basis", Arkit = "frame/arkit", Viseme = "viseme";

        private static readonly string[] Planes =
        {
            Mesh, Texture, TextureBc1, Basis, Audio, Event, Patch, PatchBc1, PatchRgb,
            F32, Q16, Q16N, Delta8, Coefficients, Arkit, Viseme,
        };

        private static readonly int[] PlaneTags = { 32, 33, 33, 38, 35, 36, 37, 37, 37, 34, 34, 34, 34, 39, 39, 40 };
        private const int FirstOfMotion = 6;  // of Planes: from here on they come by the motion socket
        private static readonly byte[] Root = Encoding.ASCII.GetBytes("tw" + Limits.ProtocolMajor + "/");
        private const int MostPlane = 16;

        public Bytes Session;
        public string Plane;
        public int Tag;  // of the message that the plane carries
        public Bytes Body;

        /// <summary>What messages of this plane begin with, and exactly what a reader subscribes to.</summary>
        public static byte[] Of(string session, string plane)
        {
            return Encoding.ASCII.GetBytes("tw" + Limits.ProtocolMajor + "/" + session + "/" + plane + "\0");
        }

        /// <summary>Whether it comes by the motion socket, of which the newest is enough.</summary>
        public static bool IsMotion(string plane)
        {
            return System.Array.IndexOf(Planes, plane) >= FirstOfMotion;
        }

        /// <summary>Takes a part of a media socket apart, without a copy.</summary>
        public static Problem Split(Bytes part, out Topic topic)
        {
            topic = default(Topic);
            int end = IndexOf(part, 0, 0, Limits.MaxTopicBytes);
            int slash = end < 0 || !StartsWith(part, Root) ? -1 : IndexOf(part, (byte)'/', Root.Length, end);
            if (slash < 0 || !IsSession(part.Slice(Root.Length, slash - Root.Length)))
            {
                return Refused(part);
            }
            int plane = PlaneIn(part.Slice(slash + 1, end - slash - 1));
            if (plane < 0)
            {
                return Refused(part);
            }
            topic.Session = part.Slice(Root.Length, slash - Root.Length);
            topic.Plane = Planes[plane];
            topic.Tag = PlaneTags[plane];
            topic.Body = part.From(end + 1);
            return null;
        }

        private static int IndexOf(Bytes part, byte wanted, int from, int end)
        {
            for (int i = from; i < end && i < part.Count; i++)
            {
                if (part[i] == wanted)
                {
                    return i;
                }
            }
            return -1;
        }

        private static bool StartsWith(Bytes part, byte[] head)
        {
            bool same = part.Count >= head.Length;
            for (int i = 0; same && i < head.Length; i++)
            {
                same = part[i] == head[i];
            }
            return same;
        }

        private static bool IsSession(Bytes name)
        {
            bool good = name.Count >= 1 && name.Count <= 32;
            for (int i = 0; good && i < name.Count; i++)
            {
                int c = name[i];
                good = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
                    || i > 0 && (c == '_' || c == '.' || c == '-');
            }
            return good;
        }

        private static int PlaneIn(Bytes name)
        {
            for (int plane = 0; plane < Planes.Length; plane++)
            {
                bool same = Planes[plane].Length == name.Count;
                for (int i = 0; same && i < name.Count; i++)
                {
                    same = Planes[plane][i] == name[i];
                }
                if (same)
                {
                    return plane;
                }
            }
            return -1;
        }

        private static Problem Refused(Bytes part)
        {
            var shown = new StringBuilder();
            for (int i = 0; i < part.Count && i < 24; i++)
            {
                shown.Append(part[i] >= 32 && part[i] < 127 ? (char)part[i] : '?');
            }
            string head = shown.ToString();
            int slash = head.IndexOf('/');
            int major;
            if (head.StartsWith("tw", System.StringComparison.Ordinal) && slash > 2 && slash <= 7
                && int.TryParse(head.Substring(2, slash - 2), out major) && major != Limits.ProtocolMajor)
            {
                return Problem.OtherVersion("" + major);
            }
            return new Problem("protocol", "this is not a media message of talkwire", "'" + head + "'",
                "a topic like 'tw" + Limits.ProtocolMajor + "/nova/audio', and a zero byte",
                "check that the peer is talkwire, on the right port");
        }
    }
}
