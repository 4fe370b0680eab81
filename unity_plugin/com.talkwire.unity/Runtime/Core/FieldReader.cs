using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>Reads the fields of a message from MessagePack, strict on type, range and length. What follows the
    /// fields that it knows is passed over; what an older version does not have gets its default.</summary>
    internal sealed class FieldReader : Fields
    {
        private static readonly string[] Shown =
        {
            "the end", "nil", "a bool", "an integer", "a float", "text", "bytes", "an array",
            "what is not of the protocol",
        };

        internal readonly WordCache Cache = new WordCache();
        private readonly MsgPackReader _in = new MsgPackReader();
        private int _size, _left, _rowLeft;
        private bool _inRow, _appended;

        /// <summary>Reads as far as the tag, and checks the version of a greeting.</summary>
        internal Problem Begin(Bytes data, out int tag)
        {
            tag = -1;
            _size = data.Count;
            _in.Start(data);
            int count;
            long value;
            bool huge;
            if (!_in.Array(out count) || count == 0 || !_in.Integer(out value, out huge))
            {
                return Broken();
            }
            tag = value >= 0 && value < Tags.Beyond ? (int)value : -1;
            _left = count - 1;
            return Tags.IsGreeting(tag) ? VersionProblem() : null;
        }

        /// <summary>Reads the fields after the tag.</summary>
        internal Problem Read(Message message)
        {
            Enter(message.Name);
            _inRow = _appended = false;
            message.Visit(this);
            if (Problem == null && !(_in.Skip(_left) && _in.Left == 0))
            {
                Fail(Broken());
            }
            return Problem ?? message.Check();
        }

        public override void Appended()
        {
            _appended = true;
        }

        public override void Whole(string name, ref long value, long low, long high, long missing = 0)
        {
            long read = missing;
            bool huge;
            if (!Next(name, Token.Integer))
            {
                value = missing;
            }
            else if (!_in.Integer(out read, out huge))
            {
                Fail(Broken());
            }
            else if (huge || read < low || read > high)
            {
                Refuse(name, huge ? "a larger one" : "" + read, "an integer from " + low + " to " + high);
            }
            else
            {
                value = read;
            }
        }

        public override void Real(string name, ref double value, double low, double high)
        {
            double read;
            if (!Next(name, Token.Float))
            {
                value = 0;
            }
            else if (!_in.Real(out read))
            {
                Fail(Broken());
            }
            else if (!(read >= low && read <= high))  // NaN is neither
            {
                Refuse(name, Problem.Number(read),
                    "a float from " + Problem.Number(low) + " to " + Problem.Number(high));
            }
            else
            {
                value = read;
            }
        }

        public override void Text(string name, ref string value, TextRule rule)
        {
            if (!Next(name, Token.Text))
            {
                value = "";
                return;
            }
            value = Word(name, rule) ?? value;
        }

        public override void Words(string name, ref string[] value, TextRule rule)
        {
            int count;
            if (!Next(name, Token.Array))
            {
                value = new string[0];
            }
            else if (!_in.Array(out count))
            {
                Fail(Broken());
            }
            else if (count > Limits.MaxArrayItems)
            {
                Refuse(name, count + " words", "at most " + Limits.MaxArrayItems);
            }
            else
            {
                value = new string[count];  // not the old one, which somebody may have kept
                for (int i = 0; i < count && Problem == null; i++)
                {
                    value[i] = Is(name, Token.Text) ? Word(name, rule) : null;
                }
            }
        }

        public override void Raw(string name, ref Bytes value, RawRule rule)
        {
            Bytes read;
            if (!Next(name, Token.Binary))
            {
                value = default(Bytes);
            }
            else if (!_in.Binary(out read))
            {
                Fail(Broken());
            }
            else if (!rule.Allows(read))
            {
                Refuse(name, rule.Seen(read), rule.Wanted);
            }
            else
            {
                value = read;
            }
        }

        public override int BeginRows(string name, int count, int most)
        {
            int read = 0;
            if (Next(name, Token.Array))
            {
                if (!_in.Array(out read))
                {
                    Fail(Broken());
                }
                else if (read > most)
                {
                    Refuse(name, read + " rows", "at most " + most);
                }
            }
            EnterRows(name);
            return Problem == null ? read : 0;
        }

        public override void BeginRow(int columns)
        {
            EnterRow();
            if (!Is("", Token.Array))
            {
                return;
            }
            if (!_in.Array(out _rowLeft))
            {
                Fail(Broken());
            }
            else if (_rowLeft < columns)
            {
                Refuse("", _rowLeft + " fields", "at least " + columns);
            }
            _inRow = true;
        }

        public override void EndRow()
        {
            if (Problem == null && !_in.Skip(_rowLeft))
            {
                Fail(Broken());
            }
            _inRow = false;
        }

        public override void EndRows()
        {
            LeaveRows();
        }

        // whether the next field is there and of this type; where it is missing and may be, there is no problem
        private bool Next(string name, Token wanted)
        {
            if (Problem != null)
            {
                return false;
            }
            if (_inRow)
            {
                _rowLeft--;
            }
            else if (_left > 0)
            {
                _left--;
            }
            else
            {
                if (!_appended)
                {
                    Refuse(name, "too few fields", Shown[(int)wanted]);
                }
                return false;
            }
            return Is(name, wanted);
        }

        private bool Is(string name, Token wanted)
        {
            Token seen = _in.Peek();
            if (Problem == null && seen != wanted)
            {
                if (seen == Token.End || seen == Token.Refused)
                {
                    Fail(Broken());
                }
                Refuse(name, Shown[(int)seen], Shown[(int)wanted]);
            }
            return Problem == null;
        }

        private string Word(string name, TextRule rule)
        {
            Bytes utf8;
            int chars;
            if (!_in.Text(out utf8, out chars))
            {
                Fail(Broken());
                return null;
            }
            string word = Cache.Take(utf8);
            if (!rule.Allows(word, chars))
            {
                Refuse(name, TextRule.Seen(word), rule.Wanted);
            }
            return word;
        }

        private Problem VersionProblem()
        {
            int start = _in.Position;
            long major = 0, minor = 0;
            bool huge;
            bool whole = _left >= 3 && _in.Skip(1)
                && _in.Integer(out major, out huge) && _in.Integer(out minor, out huge);
            _in.Position = start;
            if (!whole)
            {
                return Problem.Refused("the greeting", _left + 1 + " fields", "tag, ref, major, minor, ...");
            }
            return major == Limits.ProtocolMajor ? null : Problem.OtherVersion(major + "." + minor);
        }

        private Problem Broken()
        {
            return Problem.NoMessage(_size + " bytes", "one whole msgpack array that starts with a tag");
        }
    }
}
