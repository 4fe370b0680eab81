using System;

namespace Talkwire.Core
{
    /// <summary>Items in a row, added at one end and taken from the other, that keeps its memory.</summary>
    internal sealed class Deque<T>
    {
        private T[] _items = new T[16];
        private int _first;

        public int Count { get; private set; }

        public T this[int index]
        {
            get { return _items[(_first + index) & (_items.Length - 1)]; }
        }

        public T Last
        {
            get { return this[Count - 1]; }
        }

        public void Add(T item)
        {
            if (Count == _items.Length)
            {
                var more = new T[2 * Count];
                for (int i = 0; i < Count; i++)
                {
                    more[i] = this[i];
                }
                _items = more;
                _first = 0;
            }
            _items[(_first + Count++) & (_items.Length - 1)] = item;
        }

        public T TakeFirst()
        {
            T item = _items[_first];
            _items[_first] = default(T);
            _first = (_first + 1) & (_items.Length - 1);
            Count--;
            return item;
        }
    }
}
