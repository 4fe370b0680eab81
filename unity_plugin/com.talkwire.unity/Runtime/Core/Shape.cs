using System;

namespace Talkwire.Core
{
    /// <summary>How the vertices of a picture come about, to be computed when somebody wants them: those of a frame,
    /// or between two; the neutral head; or ones that were kept. On the way of a fade they are mixed with
    /// others.</summary>
    internal struct Shape
    {
        private Head _head;  // null: there are no vertices
        private BasisSum _basis;  // as it was when the frames were shown
        private KeptFrame _before, _after;  // null: neutral, or kept
        private float _share;  // of the way from _before to _after
        private Still _still;
        private Still _from;  // of a fade,
        private float _fromShare;  // and of the way from there

        public int VertexCount
        {
            get { return _head != null ? _head.VertexCount : 0; }
        }

        public static Shape Neutral(Head head)
        {
            var shape = default(Shape);
            shape._head = head;
            return shape;
        }

        /// <summary>Between two frames. One that does not say where the vertices of this head are is left out; where
        /// it is the second, there are none.</summary>
        public static Shape Between(KeptFrame before, KeptFrame after, double share, Head head, BasisSum basis)
        {
            var shape = default(Shape);
            if (head == null || !after.Fits(head, basis))
            {
                return shape;
            }
            shape._head = head;
            shape._basis = basis;
            shape._before = before.Fits(head, basis) ? before : after;
            shape._after = share > 0 ? after : shape._before;
            shape._share = (float)share;
            return shape;
        }

        /// <summary>`into` is `shape` from now on. What both hold is given back when nobody else holds it.</summary>
        public static void Set(ref Shape into, Shape shape)
        {
            Shape old = into;
            shape.Hold();
            into = shape;
            old.Release();
        }

        /// <summary>This one, kept as it is.</summary>
        public Shape Frozen(PoseMemory memory)
        {
            if (_head == null || (_still != null && _from == null))
            {
                return this;
            }
            if (_still != null)  // what it is made of is computed now, so that fades do not pile up
            {
                _still.Vertices();
            }
            if (_from != null)
            {
                _from.Vertices();
            }
            Shape frozen = Neutral(_head);
            frozen._still = memory.Freeze(this);
            return frozen;
        }

        /// <summary>On the way from a frozen one to this one. Just this one where there is nothing to mix it
        /// with.</summary>
        public Shape Towards(Shape frozen, float share, PoseMemory memory)
        {
            Still from = frozen._still;
            if (share == 1 || from == null || frozen.VertexCount != VertexCount || (_still == from && _from == null))
            {
                return this;
            }
            if (share == 0)
            {
                return frozen;
            }
            Shape shape = _from == null || _from == from ? this : Frozen(memory);
            // a held picture is under way itself
            shape._fromShare = shape._from == from ? shape._fromShare * share : share;
            shape._from = from;
            return shape;
        }

        /// <summary>x, y, z of the vertices in metres, to the first 3 * VertexCount floats.</summary>
        public void Compute(float[] into, PoseMemory memory)
        {
            int count = 3 * VertexCount;
            if (_still != null)
            {
                Buffer.BlockCopy(_still.Vertices(), 0, into, 0, 4 * count);
            }
            else if (_before == null)
            {
                Buffer.BlockCopy(_head.NeutralVx3, 0, into, 0, 4 * count);
            }
            else
            {
                ComputeFrames(into, count, memory);
            }
            if (_from != null)
            {
                Mix.Arrays(_from.Vertices(), into, _fromShare, count, into);
            }
        }

        /// <summary>What it is made of, where that is little.</summary>
        public bool TryRecipe(PoseMemory memory, out Recipe recipe)
        {
            recipe = default(Recipe);
            bool simple = _head != null && _before != null && _still == null && _from == null;
            bool sum = simple && _before.IsSum && _after.IsSum, q16 = simple && _before.IsQ16 && _after.IsQ16;
            if (sum)
            {
                recipe.Basis = _basis;
                recipe.Coefficients = MixedCoefficients(memory);
            }
            else if (q16)
            {
                recipe.Before = _before.Raw;
                recipe.After = _after.Raw;
                recipe.Share = _before == _after ? 0 : _share;
            }
            recipe.Head = _head;
            return sum || q16;
        }

        private void ComputeFrames(float[] into, int count, PoseMemory memory)
        {
            bool same = _before == _after;
            if (_before.IsSum && _after.IsSum)  // a basis is multiplied once: the sum of a mix is the mix of sums
            {
                _basis.Sum(MixedCoefficients(memory), into);
                return;
            }
            float[] before = _before.Vertices(_head, _basis, ref memory.Problem);
            float[] after = same ? before : _after.Vertices(_head, _basis, ref memory.Problem);
            Mix.Arrays(before, after, same ? 0 : _share, count, into);
        }

        private float[] MixedCoefficients(PoseMemory memory)
        {
            float share = _before == _after ? 0 : _share;
            Mix.Arrays(_before.Coefficients, _after.Coefficients, share, _before.CoefficientCount, memory.Coefficients);
            return memory.Coefficients;
        }

        private void Hold()
        {
            if (_before != null)
            {
                _before.Hold();
                _after.Hold();
            }
            if (_still != null)
            {
                _still.Hold();
            }
            if (_from != null)
            {
                _from.Hold();
            }
        }

        private void Release()
        {
            if (_before != null)
            {
                _before.Release();
                _after.Release();
            }
            if (_still != null)
            {
                _still.Release();
            }
            if (_from != null)
            {
                _from.Release();
            }
        }
    }
}
