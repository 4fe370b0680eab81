namespace Talkwire.Core
{
    /// <summary>What a text may be: its first and other characters and its length, or one of a few words.
    /// Plain tables instead of regular expressions, which allocate and are heavy in an engine.</summary>
    public sealed class TextRule
    {
        private const string Lower = "abcdefghijklmnopqrstuvwxyz", Digits = "0123456789", Hex = "0123456789abcdef";
        private const string Letters = Lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Name = Letters + Digits + "_.-";

        public static readonly TextRule Sentence = new TextRule(0, Limits.MaxTextChars, null, null, "");
        public static readonly TextRule Session = new TextRule(1, 32, Letters + Digits, Name, "letters, digits, _.-");
        public static readonly TextRule Avatar = new TextRule(0, 64, Letters + Digits, Name, "letters, digits, _.-");
        public static readonly TextRule TopologyId = new TextRule(16, 16, Hex, Hex, "hexadecimal digits");
        public static readonly TextRule Run = new TextRule(0, 16, Hex, Hex, "hexadecimal digits");
        public static readonly TextRule Capability =
            new TextRule(1, 64, Lower + Digits + ":_.-", "small letters, digits, :_.-");
        public static readonly TextRule Plane = new TextRule(0, 16, Lower + Digits + "/", "small letters, digits, /");
        public static readonly TextRule Word = new TextRule(1, 32, Lower + "_", "small letters, _");
        public static readonly TextRule Shape = new TextRule(1, 32, Letters, "letters");
        public static readonly TextRule Term = new TextRule(0, 64, Letters, "letters");
        public static readonly TextRule PartName = new TextRule(0, 32, null, null, "");
        public static readonly TextRule LineStates = new TextRule("queued", "speaking", "done", "interrupted");
        public static readonly TextRule EventKinds = new TextRule("started", "ended", "interrupted", "closed");
        public static readonly TextRule Codecs = new TextRule("f32", "q16", "delta8");
        public static readonly TextRule TextureFormats = new TextRule("png", "jpeg", "bc1");
        public static readonly TextRule PatchFormats = new TextRule("jpeg", "bc1", "rgb");

        public readonly string Wanted;
        private readonly int _least, _most;
        private readonly string _first, _rest;  // null: any character
        private readonly string[] _words = { };

        private TextRule(int least, int most, string any, string shown) : this(least, most, any, any, shown)
        {
        }

        private TextRule(int least, int most, string first, string rest, string shown)
        {
            _least = least;
            _most = most;
            _first = first;
            _rest = rest;
            Wanted = (least == most ? "" + most : least + " to " + most) + " characters"
                + (shown == "" ? "" : " of " + shown);
        }

        private TextRule(params string[] words) : this(0, Limits.MaxTextChars, null, null, "")
        {
            _words = words;
            Wanted = string.Join(" or ", words);
        }

        /// <summary>chars: how many there are, where a pair of UTF-16 units counts as one.</summary>
        public bool Allows(string text, int chars)
        {
            for (int i = 0; i < _words.Length; i++)
            {
                if (_words[i] == text)
                {
                    return true;
                }
            }
            if (_words.Length > 0 || chars < _least || chars > _most)
            {
                return false;
            }
            for (int i = 0; _rest != null && i < text.Length; i++)
            {
                if ((i == 0 ? _first : _rest).IndexOf(text[i]) < 0)
                {
                    return false;
                }
            }
            return true;
        }

        /// <summary>A text in an error message: short, whatever a peer has sent.</summary>
        public static string Seen(string text)
        {
            return text.Length <= 60 ? "'" + text + "'" : text.Length + " characters";
        }

        public bool Allows(string text)
        {
            return text != null && Allows(text, Utf8.CharsOf(text));
        }
    }

    /// <summary>The type of the values of a bulk field.</summary>
    public enum Element
    {
        U8,
        I8,
        I16,
        U16,
        U32,
        F16,
        F32,
    }

    /// <summary>What a bulk field may be: whole rows of so many values, a least and a most number of them.
    /// Floats are finite and within the bounds.</summary>
    public sealed class RawRule
    {
        private static readonly int[] Sizes = { 1, 1, 2, 2, 4, 2, 4 };
        private static readonly string[] Names = { "u8", "i8", "i16", "u16", "u32", "f16", "f32" };

        public static readonly RawRule ChunkS16 = new RawRule(Element.I16, 1, 1, Limits.MaxChunkSamples);
        public static readonly RawRule ChunkF32 = new RawRule(Element.F32, 1, 1, Limits.MaxChunkSamples, -16, 16);
        public static readonly RawRule Audio = new RawRule(Element.I16, 1, 0, Limits.MaxChunkSamples);
        public static readonly RawRule Vertices = new RawRule(Element.F32, 3, 3, Limits.MaxVertices);
        public static readonly RawRule Triangles = new RawRule(Element.U32, 3, 1, Limits.MaxTriangles);
        public static readonly RawRule Uvs = new RawRule(Element.F32, 2, 3, Limits.MaxVertices);
        public static readonly RawRule Weld = new RawRule(Element.U32, 1, 3, Limits.MaxVertices);
        public static readonly RawRule Vector = new RawRule(Element.F32, 3, 1, 1);
        public static readonly RawRule Image = new RawRule(Element.U8, 1, 1, Limits.MaxTextureBytes);
        public static readonly RawRule Weights = new RawRule(Element.F32, Limits.WeightCount, 1, 1, 0, 1);
        public static readonly RawRule Rotation = new RawRule(Element.F32, 4, 1, 1, -1.001, 1.001);
        public static readonly RawRule Coded = new RawRule(Element.U8, 1, 13, 12 * Limits.MaxVertices);
        public static readonly RawRule Normals = new RawRule(Element.I8, 2, 0, Limits.MaxVertices);
        public static readonly RawRule Scales = new RawRule(Element.F32, 1, 0, Limits.MaxComponents);
        public static readonly RawRule Components = new RawRule(Element.I16, 3, 0, Limits.MaxMediaBytes / 6);
        public static readonly RawRule ShortRotation = new RawRule(Element.I16, 4, 1, 1);
        public static readonly RawRule ShortVector = new RawRule(Element.F16, 3, 1, 1);
        public static readonly RawRule ShortWeights = new RawRule(Element.F16, Limits.WeightCount, 1, 1, 0, 1);
        public static readonly RawRule Own = new RawRule(Element.F16, 1, 0, Limits.MaxComponents);
        public static readonly RawRule Shares = new RawRule(Element.F16, Limits.VisemeCount, 1, 1, 0, 1);

        private readonly Element _element;
        private readonly int _columns, _least, _most;
        private readonly double _low, _high;

        private RawRule(Element element, int columns, int least, int most,
            double low = -double.MaxValue, double high = double.MaxValue)
        {
            _element = element;
            _columns = columns;
            _least = least;
            _most = most;
            _low = low;
            _high = high;
        }

        public string Wanted
        {
            get
            {
                string rows = _least == _most ? "" + _most : _least + " to " + _most;
                string bounds = _high == double.MaxValue ? ""
                    : " in [" + Problem.Number(_low) + ", " + Problem.Number(_high) + "]";
                bool real = _element == Element.F32 || _element == Element.F16;
                return rows + (_most == 1 ? " row of " : " rows of ") + _columns + " x " + Names[(int)_element]
                    + (real ? ", finite" + bounds : "");
            }
        }

        public bool Allows(Bytes data)
        {
            return Fits(data.Count) && ValuesAllowed(data);
        }

        /// <summary>What is wrong with what it does not allow.</summary>
        public string Seen(Bytes data)
        {
            return Fits(data.Count) ? "a value that is none of these" : data.Count + " bytes";
        }

        private bool Fits(int bytes)
        {
            int row = Sizes[(int)_element] * _columns;
            return bytes % row == 0 && bytes / row >= _least && bytes / row <= _most;
        }

        private bool ValuesAllowed(Bytes data)
        {
            return _element == Element.F32 ? FloatsAllowed(data)
                : _element == Element.F16 ? HalvesAllowed(data) : true;
        }

        private bool FloatsAllowed(Bytes data)
        {
            for (int i = 0; i < data.Count / 4; i++)
            {
                float value = data.F32(i);
                if (!(value >= _low && value <= _high))  // NaN is neither
                {
                    return false;
                }
            }
            return true;
        }

        private bool HalvesAllowed(Bytes data)
        {
            for (int i = 0; i < data.Count / 2; i++)
            {
                float value = Half.ToFloat(data.U16(i));
                if (!(value >= _low && value <= _high))
                {
                    return false;
                }
            }
            return true;
        }
    }
}
