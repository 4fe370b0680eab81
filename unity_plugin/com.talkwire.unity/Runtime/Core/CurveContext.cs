using System;
using System.Text;

namespace Talkwire.Core
{
    /// <summary>libzmq and the keys, for the connections of one link. Both are looked for when the first of them connects,
    /// and again where they were not good. The network's thread calls.</summary>
    internal sealed class CurveContext
    {
        private const int KeyBytes = 41;  // 40 characters and a zero
        private const int Tries = 100;  // a signal may end one
        private const string Cure = "put libzmq.dll, libzmq.so or libzmq.dylib into Assets/Plugins as docs/unity.md says, "
            + "or connect over a tunnel";

        private readonly string _key, _serverKey;
        private readonly byte[] _public = new byte[KeyBytes];
        private byte[] _secret, _serverPublic;
        private IntPtr _handle;
        private int _names;

        public CurveContext(string key, string serverKey)
        {
            _key = key;
            _serverKey = serverKey;
        }

        /// <summary>What the server knows this client by, and this client the server.</summary>
        public string Public
        {
            get { return Encoding.ASCII.GetString(_public, 0, KeyBytes - 1); }
        }

        public string ServerPublic
        {
            get { return Encoding.ASCII.GetString(_serverPublic, 0, KeyBytes - 1); }
        }

        /// <summary>Null, or why no server with keys can be reached.</summary>
        public Problem Open()
        {
            if (_handle != IntPtr.Zero)
            {
                return null;
            }
            Problem problem = Library();
            if (problem != null)
            {
                return problem;
            }
            string secret, serverPublic;
            problem = Keys.Read(_key, _serverKey, out secret, out serverPublic);
            if (problem != null)
            {
                return problem;
            }
            _secret = ZmqSocket.Native(secret);
            _serverPublic = ZmqSocket.Native(serverPublic);
            NativeZmq.zmq_curve_public(_public, _secret);
            _handle = NativeZmq.zmq_ctx_new();
            return null;
        }

        /// <summary>Waits for what its connections are still sending, as long as each of them allowed.</summary>
        public void Close()
        {
            if (_handle != IntPtr.Zero)
            {
                for (int i = 0; i < Tries && NativeZmq.zmq_ctx_term(_handle) != 0; i++)
                {
                }
            }
            _handle = IntPtr.Zero;
        }

        public bool Open(ZmqSocket socket)
        {
            return socket.Open(_handle);
        }

        /// <summary>Speaks with this server alone, as the holder of this key.</summary>
        public bool Encrypt(ZmqSocket socket)
        {
            return socket.Set(ZmqSocket.CurveServer, _serverPublic) && socket.Set(ZmqSocket.CurvePublic, _public)
                && socket.Set(ZmqSocket.CurveSecret, _secret);
        }

        /// <summary>An address within this process that nobody has yet.</summary>
        public string NextName()
        {
            return "inproc://talkwire-" + ++_names;
        }

        private static Problem Library()
        {
            try
            {
                int major, minor, patch;
                NativeZmq.zmq_version(out major, out minor, out patch);
                string seen = "libzmq " + major + "." + minor + "." + patch;
                return major < 4 || major == 4 && minor < 3 ? Unusable(seen)
                    : NativeZmq.zmq_has(ZmqSocket.Native("curve")) == 0 ? Unusable(seen + " without CURVE") : null;
            }
            catch (DllNotFoundException)
            {
                return Unusable("no libzmq");
            }
            catch (BadImageFormatException)
            {
                return Unusable("a libzmq for another processor");
            }
            catch (EntryPointNotFoundException error)
            {
                return Unusable("a libzmq without " + error.Message);
            }
        }

        private static Problem Unusable(string seen)
        {
            return new Problem("link", "a server with keys is reached by libzmq", seen, "libzmq 4.3 or newer, with CURVE",
                Cure);
        }
    }
}
