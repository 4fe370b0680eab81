using System;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>A made-up head and what a server sends of it, message by message. Each message is used again, as a
    /// network's would be.</summary>
    public sealed class Actor
    {
        public const int RateHz = 16000, FrameHz = 50, ChunkMs = 20;
        public const long Ms = 1000000;
        private const string Id = "00c0ffee00c0ffee";

        public readonly Mesh Mesh = new Mesh();
        public readonly Basis Basis = new Basis();
        public readonly string Plane;
        public uint Generation;
        public string TopologyId = Id;
        public long AheadNs;  // of the server's clock
        public short Level;  // of the sound
        private readonly int _vertices, _own;
        private readonly Frame _frame = new Frame();
        private readonly Coefficients _short = new Coefficients();
        private readonly Audio _audio = new Audio();
        private readonly float[] _weights = new float[Limits.WeightCount];
        private readonly byte[] _weightBytes = new byte[4 * Limits.WeightCount];
        private readonly byte[] _shortWeights = new byte[2 * Limits.WeightCount];
        private float _coding = float.NaN;  // how far the mouth is open in _coded
        private readonly byte[] _coded, _sound = new byte[2 * RateHz * ChunkMs / 1000];

        public Actor(int vertices, int own, string plane)
        {
            _vertices = vertices;
            _own = own;
            Plane = plane;
            MakeMesh();
            MakeBasis();
            _coded = new byte[(plane == Topic.F32 ? 12 : 6) * vertices];
            _frame.Weights = new Bytes(_weightBytes);
            _frame.HeadRotation = Floats(0, 0, 0, 1);
            _frame.HeadTranslationM = Floats(0, 0.001f, 0);
            _frame.Codec = plane == Topic.F32 ? "f32" : "q16";
            _frame.VertexCount = vertices;
            _frame.Vertices = new Bytes(_coded);
            _short.HeadRotation = new Bytes(new byte[] { 0, 0, 0, 0, 0, 0, 0xff, 0x7f });
            _short.HeadTranslationM = new Bytes(new byte[6]);
            _short.Weights = new Bytes(_shortWeights);
            _short.Own = new Bytes(new byte[plane == Topic.Arkit ? 0 : 2 * own]);
        }

        public void Introduce(Player player, long nowNs)
        {
            player.Receive(Mesh, Topic.Mesh, nowNs, 0);
            player.Receive(Basis, Topic.Basis, nowNs, 0);
        }

        /// <summary>One moment. opened: jawOpen, which moves every vertex down by as many centimetres. afterNs: how much
        /// later than it came the game takes it.</summary>
        public void Frame(Player player, uint utterance, int seq, float opened, int flags, long nowNs, long afterNs = 0)
        {
            Stamped message = _own > 0 || Plane == Topic.Arkit ? (Stamped)Short(opened) : Full(opened);
            Stamp stamp = message.Stamp;
            stamp.TopologyId = TopologyId;
            stamp.Utterance = utterance;
            stamp.Generation = Generation;
            stamp.Seq = (uint)seq;
            stamp.Pts = (long)seq * RateHz / FrameHz;
            stamp.SampleRateHz = RateHz;
            stamp.Flags = flags | Flag.Key;
            stamp.ServerNs = unchecked(nowNs + AheadNs);
            message.Stamp = stamp;
            player.BeginReceiving(nowNs + afterNs, 0);
            player.Take(message, Plane, nowNs + afterNs, null, nowNs);
            player.EndReceiving(nowNs + afterNs);
        }

        /// <summary>20 ms of sound.</summary>
        public void Sound(Player player, uint utterance, int chunk, int flags, long nowNs)
        {
            _audio.Utterance = utterance;
            _audio.Generation = Generation;
            _audio.Pts = (long)chunk * RateHz * ChunkMs / 1000;
            _audio.SampleRateHz = RateHz;
            _audio.Flags = flags;
            _audio.ServerNs = nowNs;
            for (int i = 0; i < _sound.Length; i += 2)
            {
                Put(_sound, i, Level, 2);
            }
            _audio.Samples = new Bytes(_sound);
            player.Receive(_audio, Topic.Audio, nowNs, 0);
        }

        public void Tell(Player player, string kind, uint utterance, long nowNs)
        {
            var happened = new Event { Kind = kind, Utterance = utterance, Generation = Generation };
            happened.SampleRateHz = RateHz;
            player.Receive(happened, Topic.Event, nowNs, 0);
        }

        /// <summary>Of a vertex at the moment when the mouth is so far open.</summary>
        public float HeightM(int vertex, float opened)
        {
            return Mesh.NeutralVx3.F32(3 * vertex + 1) - 0.01f * opened;
        }

        public static Bytes Floats(params float[] values)
        {
            var bytes = new byte[4 * values.Length];
            Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
            return new Bytes(bytes);
        }

        private Frame Full(float opened)
        {
            if (opened == _coding)
            {
                return _frame;
            }
            _coding = _weights[17] = opened;
            Buffer.BlockCopy(_weights, 0, _weightBytes, 0, _weightBytes.Length);
            for (int i = 0; i < 3 * _vertices; i++)
            {
                float value = Mesh.NeutralVx3.F32(i) - (i % 3 == 1 ? 0.01f * opened : 0);
                if (Plane == Topic.F32)
                {
                    Put(_coded, 4 * i, FloatBits.ToBits(value), 4);
                }
                else
                {
                    Put(_coded, 2 * i, (int)Math.Round((value + 0.5) * 65535), 2);
                }
            }
            return _frame;
        }

        private Coefficients Short(float opened)
        {
            Put(_shortWeights, 2 * 17, ToHalf(opened), 2);
            return _short;
        }

        private void MakeMesh()
        {
            var neutral = new float[3 * _vertices];
            for (int i = 0; i < neutral.Length; i++)
            {
                neutral[i] = 0.2f * (i % 97) / 97;
            }
            Mesh.TopologyId = Id;
            Mesh.NeutralVx3 = Floats(neutral);
            Mesh.TrianglesTx3 = new Bytes(new byte[] { 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0 });
            Mesh.UvsVx2 = new Bytes(new byte[8 * _vertices]);
            Mesh.WeldV = new Bytes(new byte[4 * _vertices]);
            Mesh.BoxLowM = Floats(-0.5f, -0.5f, -0.5f);
            Mesh.BoxHighM = Floats(0.5f, 0.5f, 0.5f);
            Mesh.FrameRateHz = FrameHz;
            Mesh.Parts.Add(new Part { Name = "skin", TriangleCount = 1 });
        }

        /// <summary>Of its own coefficients, which are 0, and of jawOpen, whose component is a centimetre
        /// down.</summary>
        private void MakeBasis()
        {
            int components = _own + Limits.WeightCount, values = 3 * _vertices;
            var scales = new float[components];
            var steps = new byte[2 * values * components];
            for (int k = 0; k < components; k++)
            {
                scales[k] = 0.01f / 10000;
                for (int i = 1; i < values; i += 3)
                {
                    Put(steps, 2 * (k * values + i), k == _own + 17 ? -10000 : 10000, 2);
                }
            }
            Basis.TopologyId = Id;
            Basis.Own = _own;
            Basis.MeanVx3 = Mesh.NeutralVx3;
            Basis.ScalesM = Floats(scales);
            Basis.Components = new Bytes(steps);
            Basis.Blocks.Add(new Block { VertexCount = _vertices, ComponentCount = components });
        }

        private static void Put(byte[] into, int at, int value, int bytes)
        {
            for (int i = 0; i < bytes; i++)
            {
                into[at + i] = (byte)(value >> 8 * i);
            }
        }

        /// <summary>Of multiples of 1/1024 from 0 to 1.</summary>
        private static int ToHalf(float value)
        {
            int bits = FloatBits.ToBits(value);
            return value == 0 ? 0 : ((bits >> 23 & 0xff) - 112 << 10) | (bits >> 13 & 0x3ff);
        }
    }
}
