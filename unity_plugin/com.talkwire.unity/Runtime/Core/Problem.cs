using System.Globalization;

namespace Talkwire.Core
{
    /// <summary>What went wrong, the value seen, the value wanted, and the cure.
    /// An error is a value here: nothing throws for what a peer, a file or a network does.</summary>
    public sealed class Problem
    {
        /// <summary>One of the protocol's error codes.</summary>
        public readonly string Code;
        public readonly string What, Seen, Wanted, Cure;

        public Problem(string code, string what, string seen, string wanted, string cure)
        {
            Code = code;
            What = what;
            Seen = seen;
            Wanted = wanted;
            Cure = cure;
        }

        /// <summary>A field of a message that holds the wrong thing.</summary>
        public static Problem Refused(string where, string seen, string wanted)
        {
            return new Problem("protocol", where + " is wrong", seen, wanted, "see bridge/PROTOCOL.md");
        }

        /// <summary>Bytes that are no message at all.</summary>
        public static Problem NoMessage(string seen, string wanted)
        {
            return new Problem("protocol", "these bytes are not a talkwire message", seen, wanted,
                "check that the peer is talkwire, on the right port");
        }

        /// <summary>A peer of another major version.</summary>
        public static Problem OtherVersion(string theirs)
        {
            string ours = Limits.ProtocolMajor + "." + Limits.ProtocolMinor;
            return new Problem("version", "the other side speaks another version of the talkwire protocol", theirs,
                Limits.ProtocolMajor + ".x (this side speaks " + ours + ")", "update the older side");
        }

        /// <summary>What a server answered.</summary>
        public static Problem Of(Wire.Error error)
        {
            return new Problem(error.Code, error.What, error.Seen, error.Wanted, error.Cure);
        }

        /// <summary>A number in a problem's sentence: the same in every country.</summary>
        public static string Number(double value)
        {
            return value.ToString("G6", CultureInfo.InvariantCulture);
        }

        public override string ToString()
        {
            return What + ": saw " + Seen + ", wanted " + Wanted + "; " + Cure;
        }
    }
}
