using System;

namespace Talkwire.Core
{
    /// <summary>Expression and head pose of one moment.</summary>
    public sealed class Face
    {
        public readonly float[] Weights = new float[Limits.WeightCount];  // ARKit's, in Apple's order
        public readonly float[] HeadRotation = { 0, 0, 0, 1 };  // xyzw
        public readonly float[] HeadTranslationM = new float[3];

        private const float RotationSteps = 32767;

        public void Read(Wire.Frame frame)
        {
            frame.Weights.CopyTo(Weights, 4 * Limits.WeightCount);
            frame.HeadRotation.CopyTo(HeadRotation, 16);
            frame.HeadTranslationM.CopyTo(HeadTranslationM, 12);
        }

        public void Read(Wire.Coefficients frame)
        {
            Half.ToFloats(frame.Weights, Weights);
            Half.ToFloats(frame.HeadTranslationM, HeadTranslationM);
            for (int i = 0; i < 4; i++)
            {
                HeadRotation[i] = frame.HeadRotation.I16(i) / RotationSteps;
            }
        }
    }

    /// <summary>Decodes the vertices of one mesh's frames to metres of the wire's space (AxisMap turns them into an
    /// engine's). It has scratch of its own: for one thread at a time.</summary>
    public sealed class Vertices
    {
        private const float Steps = 65535, CoarsestStepM = 1;
        private const int LeastDelta8Bytes = 13;  // a step, and the shortest zstd frame that says its size

        private readonly string _topologyId;
        private readonly float[] _neutralVx3, _lowM = new float[3], _stepM = new float[3];
        private readonly ushort[] _words;  // of q16
        private readonly byte[] _steps;  // of delta8
        private readonly Zstd _zstd = new Zstd();

        /// <summary>Copies what it needs of the mesh.</summary>
        public Vertices(Wire.Mesh mesh)
        {
            int values = 3 * mesh.VertexCount;
            _topologyId = mesh.TopologyId;
            _neutralVx3 = new float[values];
            _words = new ushort[values];
            _steps = new byte[values];
            mesh.NeutralVx3.CopyTo(_neutralVx3, 4 * values);
            for (int axis = 0; axis < 3; axis++)
            {
                _lowM[axis] = mesh.BoxLowM.F32(axis);
                _stepM[axis] = (float)(mesh.BoxHighM.F32(axis) - _lowM[axis]) / Steps;
            }
        }

        public int Count => _neutralVx3.Length / 3;

        /// <summary>Where q16 begins on an axis, and its step, in metres.</summary>
        public float LowM(int axis)
        {
            return _lowM[axis];
        }

        public float StepM(int axis)
        {
            return _stepM[axis];
        }

        public string TopologyId => _topologyId;

        /// <summary>To vertices_vx3, at least 3 * Count floats. Returns null or why not: a frame of another mesh,
        /// or delta8 that is no zstd frame of 3 * Count steps; vertices_vx3 may hold anything then.</summary>
        public Problem Decode(Wire.Frame frame, float[] vertices_vx3)
        {
            if (frame.VertexCount != Count || frame.Stamp.TopologyId != _topologyId)
            {
                return Problem.Refused("Frame.vertices", frame.VertexCount + " of mesh " + frame.Stamp.TopologyId,
                    Count + " of mesh " + _topologyId);
            }
            switch (frame.Codec)
            {
                case "f32":
                    frame.Vertices.CopyTo(vertices_vx3, frame.Vertices.Count);
                    return null;
                case "q16":
                    DecodeQ16(frame.Vertices, vertices_vx3);
                    return null;
                default:
                    return DecodeDelta8(frame.Vertices, vertices_vx3);
            }
        }

        private void DecodeQ16(Bytes data, float[] vertices_vx3)
        {
            ushort[] words = _words;  // locals, as the compiler does not keep fields in registers
            float lowX = _lowM[0], lowY = _lowM[1], lowZ = _lowM[2];
            float stepX = _stepM[0], stepY = _stepM[1], stepZ = _stepM[2];
            data.CopyTo(words, data.Count);
            for (int i = 0; i + 2 < words.Length; i += 3)
            {
                vertices_vx3[i] = (float)(words[i] * stepX) + lowX;
                vertices_vx3[i + 1] = (float)(words[i + 1] * stepY) + lowY;
                vertices_vx3[i + 2] = (float)(words[i + 2] * stepZ) + lowZ;
            }
        }

        private Problem DecodeDelta8(Bytes data, float[] vertices_vx3)
        {
            if (data.Count < LeastDelta8Bytes)
            {
                return Problem.Refused("Frame.vertices", data.Count + " bytes", "at least " + LeastDelta8Bytes);
            }
            float stepM = data.F32(0);
            if (!(stepM > 0 && stepM <= CoarsestStepM))  // NaN is neither
            {
                return Problem.Refused("Frame.vertices", "a step of " + Problem.Number(stepM) + " m", "at most 1 m");
            }
            Problem problem = _zstd.Decode(data.From(4), _steps);
            if (problem != null)
            {
                return problem;
            }
            byte[] steps = _steps;
            float[] neutral = _neutralVx3;
            int count = Count;
            for (int v = 0, i = 0; v < count; v++, i += 3)
            {
                vertices_vx3[i] = neutral[i] + (float)((sbyte)steps[v] * stepM);
                vertices_vx3[i + 1] = neutral[i + 1] + (float)((sbyte)steps[v + count] * stepM);
                vertices_vx3[i + 2] = neutral[i + 2] + (float)((sbyte)steps[v + 2 * count] * stepM);
            }
            return null;
        }
    }
}
