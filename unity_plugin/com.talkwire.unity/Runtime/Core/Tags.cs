using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>Which message a tag is: written out, as reflection would not live through IL2CPP's stripping.</summary>
    public static class Tags
    {
        /// <summary>The first number that is no tag of this version.</summary>
        public const int Beyond = 41;

        public static Message New(int tag)
        {
            switch (tag)
            {
                case 1: return new Hello();
                case 2: return new Welcome();
                case 3: return new Open();
                case 4: return new Opened();
                case 5: return new Begin();
                case 6: return new ChunkS16();
                case 7: return new ChunkF32();
                case 8: return new End();
                case 9: return new Interrupt();
                case 10: return new Interrupted();
                case 11: return new Progress();
                case 12: return new Ping();
                case 13: return new Pong();
                case 14: return new Close();
                case 15: return new Closed();
                case 16: return new Error();
                case 17: return new Style();
                case 18: return new Styled();
                case 19: return new Load();
                case 20: return new Loaded();
                case 21: return new Unload();
                case 22: return new Unloaded();
                case 32: return new Mesh();
                case 33: return new Texture();
                case 34: return new Frame();
                case 35: return new Audio();
                case 36: return new Event();
                case 37: return new Patch();
                case 38: return new Basis();
                case 39: return new Coefficients();
                case 40: return new Visemes();
                default: return null;
            }
        }

        /// <summary>Where a message belongs; 0 for what is no tag.</summary>
        public static Kinds KindOf(int tag)
        {
            switch (tag)
            {
                case 1: case 3: case 5: case 6: case 7: case 8: case 9: case 12: case 14: case 17: case 19: case 21:
                    return Kinds.Requests;
                case 2: case 4: case 10: case 11: case 13: case 15: case 16: case 18: case 20: case 22:
                    return Kinds.Replies;
                default:
                    return tag >= 32 && tag < Beyond ? Kinds.Media : 0;
            }
        }

        /// <summary>Hello and Welcome: [tag, ref, major, minor, ...] in every version, for ever.</summary>
        public static bool IsGreeting(int tag)
        {
            return tag == 1 || tag == 2;
        }
    }
}
