using System.Text;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Client
{
    /// <summary>A message as JSON: its type and its fields by their names in PROTOCOL.md, bytes as hex.</summary>
    public sealed class JsonFields : Fields
    {
        private readonly JsonWriter _out;
        private bool _inRow;

        private JsonFields(JsonWriter into)
        {
            _out = into;
        }

        /// <summary>Adds the members to an object that is open.</summary>
        public static void Write(Message message, JsonWriter into)
        {
            into.Key("type").Value(message.Name);
            message.Visit(new JsonFields(into));
        }

        public override void Whole(string name, ref long value, long low, long high, long missing = 0)
        {
            Named(name).Value(value);
        }

        public override void Real(string name, ref double value, double low, double high)
        {
            Named(name).Value(value);
        }

        public override void Text(string name, ref string value, TextRule rule)
        {
            Named(name).Value(value);
        }

        public override void Words(string name, ref string[] value, TextRule rule)
        {
            Named(name).Open('[');
            foreach (string word in value)
            {
                _out.Value(word);
            }
            _out.Close(']');
        }

        public override void Raw(string name, ref Bytes value, RawRule rule)
        {
            var hex = new StringBuilder(2 * value.Count);
            for (int i = 0; i < value.Count; i++)
            {
                hex.Append(value[i].ToString("x2"));
            }
            Named(name).Value(hex.ToString());
        }

        public override int BeginRows(string name, int count, int most)
        {
            Named(name).Open('[');
            return count;
        }

        public override void BeginRow(int columns)
        {
            _out.Open('[');
            _inRow = true;
        }

        public override void EndRow()
        {
            _out.Close(']');
            _inRow = false;
        }

        public override void EndRows()
        {
            _out.Close(']');
        }

        private JsonWriter Named(string name)
        {
            return _inRow ? _out : _out.Key(name);
        }
    }
}
