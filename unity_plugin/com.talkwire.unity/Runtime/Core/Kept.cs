using System.Collections.Generic;

namespace Talkwire.Core
{
    /// <summary>Something that several hold, and whose memory is used again when nobody does. Messages are views into a
    /// buffer that is received into again; what is kept of them is copied.</summary>
    public abstract class Kept
    {
        private int _holders;

        internal void Hold()
        {
            _holders++;
        }

        internal void Release()
        {
            if (--_holders == 0)
            {
                Free();
            }
        }

        internal abstract void Free();
    }

    /// <summary>What is free of a kind. It keeps a second's worth; beyond, memory goes back.</summary>
    internal sealed class Pool<T> where T : class
    {
        private const int Most = 64;

        private readonly Stack<T> _free = new Stack<T>();

        public T Take()
        {
            return _free.Count > 0 ? _free.Pop() : null;
        }

        public void Give(T item)
        {
            if (_free.Count < Most)
            {
                _free.Push(item);
            }
        }
    }
}
