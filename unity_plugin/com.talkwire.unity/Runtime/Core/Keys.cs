using System;
using System.IO;
using System.Text;

namespace Talkwire.Core
{
    /// <summary>The keys of a client for servers that have some (CURVE), as `talkwire keys` writes them: each the path of a
    /// file or, where no file has this name, the 40 characters in it. No secret is in a Problem.</summary>
    internal static class Keys
    {
        private const int KeyChars = 40, MaxFileBytes = 4096;
        private const string Z85 =
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
        private const string Again = "get it again from where it was made, or make new ones with: talkwire keys new";
        private static readonly Half Own = new Half("Key", "secret-key", ".key");
        private static readonly Half Servers = new Half("ServerKey", "public-key", ".pub");

        private sealed class Half
        {
            public readonly string Option, Kind, End;

            public Half(string option, string kind, string end)
            {
                Option = option;
                Kind = kind;
                End = end;
            }
        }

        /// <summary>Null, or what is wrong with one of them. secret: the client's own; serverPublic: what the server is
        /// known by.</summary>
        public static Problem Read(string key, string serverKey, out string secret, out string serverPublic)
        {
            secret = serverPublic = null;
            if (string.IsNullOrEmpty(key) || string.IsNullOrEmpty(serverKey))
            {
                return Denied("a server with keys is reached by two of them",
                    string.IsNullOrEmpty(key) ? "ServerKey alone" : "Key alone", "both Key and ServerKey",
                    "give the client's own .key, and the server's .pub");
            }
            return Read(key, Own, out secret) ?? Read(serverKey, Servers, out serverPublic);
        }

        private static Problem Read(string given, Half half, out string key)
        {
            key = null;
            string text;
            Problem problem = ReadFile(given, half, out text);
            if (problem != null)
            {
                return problem;
            }
            if (text == null)
            {
                key = given;
                return null;
            }
            string kind;
            problem = Parse(given, text, out kind, out key);
            return problem ?? (kind == half.Kind ? null : Denied(given + " holds the wrong half of a pair",
                "a " + kind, "a " + half.Kind, "give the " + half.End + " file"));
        }

        /// <summary>text: what is in it; null: it is no file, but a key itself.</summary>
        private static Problem ReadFile(string given, Half half, out string text)
        {
            text = null;
            string seen = null;
            try
            {
                if (File.Exists(given))
                {
                    long bytes = new FileInfo(given).Length;  // none of a pipe, which would be waited for without end
                    if (bytes == 0 || bytes > MaxFileBytes)
                    {
                        return Denied(given + " is damaged", bytes + " bytes", "a key file", Again);
                    }
                    text = Encoding.UTF8.GetString(File.ReadAllBytes(given));
                    return null;
                }
                if (IsKey(given))
                {
                    return null;
                }
            }
            catch (Exception error)  // by whatever the platform throws
            {
                seen = error.Message;
            }
            bool isPath = given.EndsWith(half.End, StringComparison.Ordinal);  // else it may be a secret that was cut
            seen = seen ?? (isPath ? "no such file" : given.Length + " characters, and no file of this name");
            return Denied((isPath ? given : half.Option) + " cannot be read", seen,
                "the path of a " + half.End + " file, or the 40 characters in it",
                "check the path, or run: talkwire keys new");
        }

        private static Problem Parse(string path, string text, out string kind, out string key)
        {
            kind = key = null;
            int lines = 0;
            foreach (string line in text.Split('\n'))
            {
                string[] words = line.Split((char[])null, StringSplitOptions.RemoveEmptyEntries);
                if (words.Length > 0 && line[0] != '#')
                {
                    lines++;
                    kind = words[0];
                    key = words.Length == 2 ? words[1] : null;
                }
            }
            if (lines == 1 && (kind == Own.Kind || kind == Servers.Kind) && IsKey(key))
            {
                return null;
            }
            return Denied(path + " is damaged",
                lines == 1 ? "a line that is no key" : lines + " lines, none of them a whole key",
                "one line: public-key or secret-key, and 40 characters", Again);
        }

        /// <summary>Whether this is Z85 (RFC 32) for 32 bytes: each five characters are a number of four.</summary>
        private static bool IsKey(string text)
        {
            long value = 0;
            for (int i = 0; text != null && i < text.Length; i++)
            {
                int digit = Z85.IndexOf(text[i]);
                value = (i % 5 == 0 ? 0 : 85 * value) + digit;
                if (digit < 0 || value > uint.MaxValue)
                {
                    return false;
                }
            }
            return text != null && text.Length == KeyChars;
        }

        private static Problem Denied(string what, string seen, string wanted, string cure)
        {
            return new Problem("denied", what, seen, wanted, cure);
        }
    }
}
