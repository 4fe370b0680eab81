namespace Talkwire.Core
{
    /// <summary>Every bound of the wire that a client meets, as PROTOCOL.md states them; a test compares them.
    /// A bound is checked before memory is taken for what it bounds.</summary>
    public static class Limits
    {
        public const int ProtocolMajor = 1;
        public const int ProtocolMinor = 3;

        public const int MaxControlBytes = 2 * 1024 * 1024;  // one message to the server
        public const int MaxMediaBytes = 32 * 1024 * 1024;  // one message from the server
        public const int MaxVertices = 262144;
        public const int MaxTriangles = 524288;
        public const int MaxTextureBytes = 16 * 1024 * 1024;
        public const int MaxTextureSidePx = 16384;
        public const int MaxPatches = 16;  // rectangles of a texture that change
        public const int MaxComponents = 1024;  // of a basis
        public const int MaxParts = 64;
        public const int MaxTextChars = 512;
        public const int MaxArrayItems = 64;  // of any list; bulk data is never one

        public const int MinSampleRateHz = 4000;
        public const int MaxSampleRateHz = 384000;
        public const int MaxChunkSamples = 384000;  // 1 s at the highest rate

        public const int MaxPrefixBytes = 128;  // of a subscription
        public const int MaxTopicBytes = 64;  // of a media message, its zero byte included
        public const int MessagesPerS = 1000;  // that a server takes of one connection, sustained
        public const double PeerTimeoutS = 5.0;  // silence after which a peer has gone
        public const double MaxQueuedS = 30.0;  // audio that an NPC holds and has not begun to speak
        public const int MotionQueue = 64;  // frames that a slow reader can be behind
        public const int MediaQueue = 4000;  // audio chunks and events: over a minute at 60 a second

        public const int WeightCount = 52;  // ARKit's, in Apple's order
        public const int VisemeCount = 15;  // Oculus LipSync's
    }
}
