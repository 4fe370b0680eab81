using System.Text;

namespace Talkwire.Core
{
    /// <summary>UTF-8 as RFC 3629 has it: nothing overlong, no surrogates, nothing beyond U+10FFFF.</summary>
    public static class Utf8
    {
        /// <summary>How many characters these bytes are, -1 where they are no UTF-8.</summary>
        public static int CharsIn(Bytes bytes)
        {
            int chars = 0;
            for (int i = 0; i < bytes.Count; chars++)
            {
                int first = bytes[i++];
                int more = first < 0x80 ? 0 : first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2
                    : first < 0xf5 ? 3 : -1;
                if (more < 0 || i + more > bytes.Count)
                {
                    return -1;
                }
                if (more > 0)
                {
                    // the second byte's bounds keep out what is overlong, a surrogate or too large
                    int low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
                    int high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
                    if (bytes[i] < low || bytes[i] > high)
                    {
                        return -1;
                    }
                }
                for (int end = i + more; i < end; i++)
                {
                    if ((bytes[i] & 0xc0) != 0x80)
                    {
                        return -1;
                    }
                }
            }
            return chars;
        }

        /// <summary>How many characters a text is, -1 where it holds half of a pair.</summary>
        public static int CharsOf(string text)
        {
            int chars = 0;
            for (int i = 0; i < text.Length; i++, chars++)
            {
                if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                {
                    i++;
                }
                else if (char.IsSurrogate(text[i]))
                {
                    return -1;
                }
            }
            return chars;
        }
    }

    /// <summary>The short texts that come again with every frame, so that they are made once. Small, and it forgets:
    /// texts that a peer makes up cost what they would cost without it.</summary>
    public sealed class WordCache
    {
        private const int Slots = 256, Tried = 4, MostBytes = 64;

        private readonly string[] _words = new string[Slots + Tried];
        private int _next;

        public string Take(Bytes utf8)
        {
            if (utf8.Count == 0)
            {
                return "";
            }
            if (utf8.Count > MostBytes)
            {
                return Encoding.UTF8.GetString(utf8.Array, utf8.Offset, utf8.Count);
            }
            int slot = Hash(utf8) % Slots;
            for (int i = slot; i < slot + Tried; i++)
            {
                if (Same(_words[i], utf8))
                {
                    return _words[i];
                }
            }
            _next = (_next + 1) % Tried;
            return _words[slot + _next] = Encoding.UTF8.GetString(utf8.Array, utf8.Offset, utf8.Count);
        }

        private static int Hash(Bytes bytes)  // FNV-1a
        {
            uint hash = 2166136261;
            for (int i = 0; i < bytes.Count; i++)
            {
                hash = unchecked((hash ^ bytes[i]) * 16777619);
            }
            return (int)(hash >> 1);
        }

        // beyond ASCII never: such texts are made anew
        private static bool Same(string word, Bytes utf8)
        {
            if (word == null || word.Length != utf8.Count)
            {
                return false;
            }
            for (int i = 0; i < utf8.Count; i++)
            {
                if (word[i] != utf8[i] || utf8[i] >= 0x80)
                {
                    return false;
                }
            }
            return true;
        }
    }
}
