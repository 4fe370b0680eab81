using System;

namespace Talkwire.Core
{
    /// <summary>One moment as it is shown. It is the player's own, and says something else after the next Present; its
    /// vertices are had of Player.Vertices, where somebody wants them.</summary>
    public sealed class Picture
    {
        public long Utterance { get; internal set; }
        public long Generation { get; internal set; }
        public bool Idle { get; internal set; }

        /// <summary>Whether nothing of its moment is there: a face that does nothing.</summary>
        public bool AtRest { get; internal set; }

        /// <summary>The moment of the utterance that it shows, and the one that was heard.</summary>
        public double TimeS { get; internal set; }
        public double HeardS { get; internal set; }

        /// <summary>ARKit's 52 in Apple's order, the head's rotation (xyzw) and its place in metres.</summary>
        public readonly Face Face = new Face();

        /// <summary>The newest change of the texture at that moment; null where there was none.</summary>
        public KeptPatch Patch { get; private set; }

        internal Shape Shape;

        /// <summary>Of its vertices: 0 for a reader of weights alone.</summary>
        public int VertexCount
        {
            get { return Shape.VertexCount; }
        }

        /// <summary>It is the same as the other one from now on, also when that one goes on. On the player's thread, as
        /// they share what they hold.</summary>
        public void Set(Picture other)
        {
            Utterance = other.Utterance;
            Generation = other.Generation;
            Idle = other.Idle;
            AtRest = other.AtRest;
            TimeS = other.TimeS;
            HeardS = other.HeardS;
            Mix.Copy(other.Face, Face);
            SetPatch(other.Patch);
            Shape.Set(ref Shape, other.Shape);
        }

        internal void SetPatch(KeptPatch patch)
        {
            if (patch != null)
            {
                patch.Hold();
            }
            if (Patch != null)
            {
                Patch.Release();
            }
            Patch = patch;
        }

        /// <summary>The same head with a face that does nothing.</summary>
        internal void Rest(Head head)
        {
            AtRest = true;
            Array.Clear(Face.Weights, 0, Face.Weights.Length);
            Shape.Set(ref Shape, Shape.VertexCount > 0 ? Shape.Neutral(head) : default(Shape));
        }

        /// <summary>From `frozen`, whose shape is, towards this one; identity and times stay.</summary>
        internal void Towards(Picture frozen, float faceShare, float headShare, PoseMemory memory)
        {
            Mix.Faces(frozen.Face, Face, faceShare, headShare, Face);
            Shape.Set(ref Shape, Shape.Towards(frozen.Shape, faceShare, memory));
        }

        internal void Freeze(PoseMemory memory)
        {
            Shape.Set(ref Shape, Shape.Frozen(memory));
        }

        /// <summary>Gives back what it holds.</summary>
        internal void Clear()
        {
            SetPatch(null);
            Shape.Set(ref Shape, default(Shape));
        }
    }
}
