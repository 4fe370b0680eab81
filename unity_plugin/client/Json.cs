using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Talkwire.Client
{
    public enum JsonKind
    {
        Null,
        Bool,
        Number,
        Text,
        Array,
        Object,
    }

    /// <summary>A JSON value (RFC 8259), as the vectors are described and the traces written. For files of our own: the
    /// plugin itself has no need of it.</summary>
    public sealed class Json
    {
        public readonly JsonKind Kind;
        private readonly string _text;  // also a number's digits, as a double does not hold every integer of 64 bits
        private readonly List<Json> _items;
        private readonly List<string> _keys;  // of an object, in their order

        private Json(JsonKind kind, string text, List<Json> items, List<string> keys)
        {
            Kind = kind;
            _text = text;
            _items = items ?? new List<Json>();
            _keys = keys;
        }

        /// <summary>Throws FormatException where it is no JSON.</summary>
        public static Json Parse(string text)
        {
            return new Parser(text).Whole();
        }

        public int Count => _items.Count;

        public IEnumerable<Json> Items => _items;

        public IList<string> Keys => _keys;

        public Json this[int index] => _items[index];

        /// <summary>A member of an object; null where it has none of this name.</summary>
        public Json this[string key]
        {
            get
            {
                int index = _keys == null ? -1 : _keys.IndexOf(key);
                return index < 0 ? null : _items[index];
            }
        }

        public bool IsNull => Kind == JsonKind.Null;

        public bool Bool => Kind == JsonKind.Bool && _text == "true";

        public string Text => _text;

        public long Long => long.Parse(_text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

        public int Int => (int)Long;

        public double Double => double.Parse(_text, NumberStyles.Float, CultureInfo.InvariantCulture);

        private sealed class Parser
        {
            private const int Deepest = 64;
            private readonly string _text;
            private int _at, _depth;

            public Parser(string text)
            {
                _text = text;
            }

            public Json Whole()
            {
                Json value = Value();
                Space();
                return _at == _text.Length ? value : Fail();
            }

            private Json Value()
            {
                Space();
                if (_at == _text.Length || ++_depth > Deepest)
                {
                    return Fail();
                }
                char first = _text[_at];
                Json value = first == '{' ? Object() : first == '[' ? Array()
                    : first == '"' ? new Json(JsonKind.Text, String(), null, null) : Word();
                _depth--;
                return value;
            }

            private Json Object()
            {
                var keys = new List<string>();
                var items = new List<Json>();
                for (_at++; !Ends('}', items.Count > 0);)
                {
                    Space();
                    keys.Add(String());
                    Space();
                    Need(':');
                    items.Add(Value());
                }
                return new Json(JsonKind.Object, null, items, keys);
            }

            private Json Array()
            {
                var items = new List<Json>();
                for (_at++; !Ends(']', items.Count > 0);)
                {
                    items.Add(Value());
                }
                return new Json(JsonKind.Array, null, items, null);
            }

            // whether the list ends here; between two values there has to be a comma
            private bool Ends(char end, bool later)
            {
                Space();
                if (_at < _text.Length && _text[_at] == end)
                {
                    _at++;
                    return true;
                }
                if (later)
                {
                    Need(',');
                }
                return false;
            }

            private Json Word()
            {
                int start = _at;
                while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || "+-.".IndexOf(_text[_at]) >= 0))
                {
                    _at++;
                }
                string word = _text.Substring(start, _at - start);
                bool number = word != "" && "-0123456789".IndexOf(word[0]) >= 0;
                double unused;
                return word == "null" ? new Json(JsonKind.Null, null, null, null)
                    : word == "true" || word == "false" ? new Json(JsonKind.Bool, word, null, null)
                    : number && double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out unused)
                        ? new Json(JsonKind.Number, word, null, null) : Fail();
            }

            private string String()
            {
                Need('"');
                var text = new StringBuilder();
                while (_at < _text.Length && _text[_at] != '"')
                {
                    text.Append(_text[_at] == '\\' ? Escaped() : _text[_at++]);
                }
                Need('"');
                return text.ToString();
            }

            private char Escaped()
            {
                if (_at + 1 >= _text.Length)
                {
                    Fail();
                }
                char letter = _text[_at + 1];
                _at += 2;
                if (letter != 'u')
                {
                    int known = "\"\\/bfnrt".IndexOf(letter);
                    if (known < 0)
                    {
                        Fail();
                    }
                    return "\"\\/\b\f\n\r\t"[known];
                }
                int code = 0;
                string digits = _text.Substring(_at, Math.Min(4, _text.Length - _at));
                if (!int.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out code)
                    || digits.Length < 4)
                {
                    Fail();
                }
                _at += 4;
                return (char)code;
            }

            private void Space()
            {
                while (_at < _text.Length && " \t\r\n".IndexOf(_text[_at]) >= 0)
                {
                    _at++;
                }
            }

            private void Need(char wanted)
            {
                if (_at >= _text.Length || _text[_at++] != wanted)
                {
                    Fail();
                }
            }

            private Json Fail()
            {
                throw new FormatException("no JSON from character " + _at + " on");
            }
        }
    }

    /// <summary>Writes JSON on one line, in ASCII.</summary>
    public sealed class JsonWriter
    {
        private readonly StringBuilder _out = new StringBuilder();
        private bool _later;  // whether something stands before, in this list

        public override string ToString()
        {
            return _out.ToString();
        }

        public JsonWriter Open(char bracket)
        {
            Separate();
            _out.Append(bracket);
            _later = false;
            return this;
        }

        public JsonWriter Close(char bracket)
        {
            _out.Append(bracket);
            _later = true;
            return this;
        }

        public JsonWriter Key(string key)
        {
            Value(key);
            _out.Append(": ");
            _later = false;
            return this;
        }

        public JsonWriter Value(string text)
        {
            Separate();
            _out.Append('"');
            foreach (char c in text)
            {
                if (c == '"' || c == '\\')
                {
                    _out.Append('\\').Append(c);
                }
                else if (c < ' ' || c > '~')
                {
                    _out.Append("\\u").Append(((int)c).ToString("x4"));
                }
                else
                {
                    _out.Append(c);
                }
            }
            _out.Append('"');
            return this;
        }

        public JsonWriter Value(long number)
        {
            Separate();
            _out.Append(number.ToString(CultureInfo.InvariantCulture));
            return this;
        }

        public JsonWriter Value(bool value)
        {
            Separate();
            _out.Append(value ? "true" : "false");
            return this;
        }

        /// <summary>With all its digits; what JSON has no number for is null.</summary>
        public JsonWriter Value(double number)
        {
            Separate();
            if (double.IsNaN(number) || double.IsInfinity(number))
            {
                _out.Append("null");
                return this;
            }
            string form = Math.Abs(number) < 1e-300 ? "G17" : "R";  // mono's R loses the last digit of the tiniest
            string digits = number.ToString(form, CultureInfo.InvariantCulture);
            _out.Append(digits).Append(digits.IndexOfAny(new[] { '.', 'E' }) < 0 ? ".0" : "");
            return this;
        }

        private void Separate()
        {
            if (_later)
            {
                _out.Append(", ");
            }
            _later = true;
        }
    }
}
