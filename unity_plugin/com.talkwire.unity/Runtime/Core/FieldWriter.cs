using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>Writes the fields of a message as MessagePack, with the same checks as on reading: what a program gets
    /// wrong is told to it, and not first to the server.</summary>
    internal sealed class FieldWriter : Fields
    {
        private MsgPackWriter _out;
        private int _count;
        private bool _inRow;

        internal Problem Write(Message message, MsgPackWriter into)
        {
            int start = into.Count;
            _out = into;
            _count = 1;
            _inRow = false;
            Enter(message.Name);
            into.Integer(message.Tag);
            message.Visit(this);
            Problem problem = Problem ?? message.Check();
            if (problem != null)
            {
                into.Cut(start);
                return problem;
            }
            into.Insert(start, _count < 16 ? 1 : 3);  // how many fields there are is known only now
            into.ArrayAt(start, _count);
            return null;
        }

        public override void Whole(string name, ref long value, long low, long high, long missing = 0)
        {
            Count();
            if (value >= low && value <= high)
            {
                _out.Integer(value);
            }
            else
            {
                Refuse(name, "" + value, "an integer from " + low + " to " + high);
            }
        }

        public override void Real(string name, ref double value, double low, double high)
        {
            Count();
            if (value >= low && value <= high)
            {
                _out.Real(value);
            }
            else
            {
                Refuse(name, Problem.Number(value),
                    "a float from " + Problem.Number(low) + " to " + Problem.Number(high));
            }
        }

        public override void Text(string name, ref string value, TextRule rule)
        {
            Count();
            Word(name, value, rule);
        }

        public override void Words(string name, ref string[] value, TextRule rule)
        {
            int count = BeginRows(name, value == null ? int.MaxValue : value.Length, Limits.MaxArrayItems);
            for (int i = 0; i < count && Problem == null; i++)
            {
                Word(name, value[i], rule);
            }
            EndRows();
        }

        public override void Raw(string name, ref Bytes value, RawRule rule)
        {
            Count();
            if (rule.Allows(value))
            {
                _out.Binary(value);
            }
            else
            {
                Refuse(name, rule.Seen(value), rule.Wanted);
            }
        }

        public override int BeginRows(string name, int count, int most)
        {
            Count();
            if (count > most)
            {
                Refuse(name, count + " items", "at most " + most);
                count = 0;
            }
            _out.Array(count);
            EnterRows(name);
            return count;
        }

        public override void BeginRow(int columns)
        {
            EnterRow();
            _out.Array(columns);
            _inRow = true;
        }

        public override void EndRow()
        {
            _inRow = false;
        }

        public override void EndRows()
        {
            LeaveRows();
        }

        private void Count()
        {
            _count += _inRow ? 0 : 1;
        }

        private void Word(string name, string word, TextRule rule)
        {
            if (rule.Allows(word))
            {
                _out.Text(word);
            }
            else
            {
                Refuse(name, word == null ? "null" : TextRule.Seen(word), rule.Wanted);
            }
        }
    }
}
