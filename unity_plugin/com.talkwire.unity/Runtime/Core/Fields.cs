using System;

namespace Talkwire.Core
{
    /// <summary>Goes through the fields of a message in the order of the wire. Each message says once what its
    /// fields are (Message.Visit); who reads, writes, checks or prints one is a Fields.</summary>
    public abstract class Fields
    {
        private string _message = "", _rows;  // _rows: the list that is gone through
        private int _row;  // of it, -1 before the first

        /// <summary>The first thing that was wrong; what is visited after it does not count.</summary>
        public Problem Problem { get; private set; }

        public abstract void Whole(string name, ref long value, long low, long high, long missing = 0);
        public abstract void Real(string name, ref double value, double low, double high);
        public abstract void Text(string name, ref string value, TextRule rule);
        public abstract void Words(string name, ref string[] value, TextRule rule);
        public abstract void Raw(string name, ref Bytes value, RawRule rule);

        /// <summary>Opens a list of rows and returns how many it has.</summary>
        public abstract int BeginRows(string name, int count, int most);
        public abstract void BeginRow(int columns);
        public abstract void EndRow();
        public abstract void EndRows();

        /// <summary>From here on fields may be missing, as an older minor version did not have them.</summary>
        public virtual void Appended()
        {
        }

        public void Whole(string name, ref int value, int low, int high, int missing = 0)
        {
            long wide = value;
            Whole(name, ref wide, low, high, missing);
            value = (int)wide;
        }

        public void U32(string name, ref uint value)
        {
            long wide = value;
            Whole(name, ref wide, 0, uint.MaxValue);
            value = (uint)wide;
        }

        /// <summary>A sample index: what a double holds exactly, so that any language reads it.</summary>
        public void Pts(string name, ref long value)
        {
            Whole(name, ref value, 0, (1L << 53) - 1);
        }

        public void Nanoseconds(string name, ref long value)
        {
            Whole(name, ref value, 0, long.MaxValue);
        }

        public void Rate(string name, ref int value)
        {
            Whole(name, ref value, Limits.MinSampleRateHz, Limits.MaxSampleRateHz);
        }

        public void Every(string name, ref int value)
        {
            Whole(name, ref value, 1, 240, 1);
        }

        protected void Enter(string message)
        {
            Problem = null;
            _message = message;
            _rows = null;
        }

        protected void Refuse(string name, string seen, string wanted)
        {
            Fail(Problem.Refused(Where(name), seen, wanted));
        }

        protected void Fail(Problem problem)
        {
            Problem = Problem ?? problem;
        }

        protected void EnterRows(string name)
        {
            _rows = name;
            _row = -1;
        }

        protected void EnterRow()
        {
            _row++;
        }

        protected void LeaveRows()
        {
            _rows = null;
        }

        private string Where(string name)
        {
            return _message + "." + (_rows == null || _row < 0 ? name : _rows + "[" + _row + "]." + name);
        }
    }

    /// <summary>A row of a list, such as one part of a mesh.</summary>
    public interface IRow
    {
        int Columns { get; }

        void Visit(Fields fields);
    }

    /// <summary>A short list of rows that keeps its memory, so that a message can be read into it again.</summary>
    public sealed class Rows<T> where T : struct, IRow
    {
        private readonly int _most;
        private T[] _items = new T[0];

        public Rows(int most)
        {
            _most = most;
        }

        public int Count { get; private set; }

        public T this[int index] => _items[index];

        public void Clear()
        {
            Count = 0;
        }

        public void Add(T row)
        {
            Reserve(Count + 1);
            _items[Count++] = row;
        }

        internal void Visit(Fields fields, string name)
        {
            int count = fields.BeginRows(name, Count, _most);
            Reserve(count);
            Count = count;
            for (int i = 0; i < count && fields.Problem == null; i++)
            {
                fields.BeginRow(_items[i].Columns);
                _items[i].Visit(fields);
                fields.EndRow();
            }
            fields.EndRows();
        }

        private void Reserve(int count)
        {
            if (count > _items.Length)
            {
                Array.Resize(ref _items, Math.Max(count, 2 * _items.Length));
            }
        }
    }
}
