using System;
using System.Text;

namespace Talkwire.Core
{
    /// <summary>What this side of a connection is in ZeroMQ's terms.</summary>
    public enum ZmtpRole
    {
        Dealer,
        Sub,
    }

    /// <summary>
    /// One side of a ZMTP 3 connection (RFC 23, RFC 37) without keys: bytes in, messages and answers out. Pure: no
    /// socket, no clock. What a peer announces is checked before memory is taken, and a peer that breaks a rule is
    /// a Failure, after which nothing more comes.
    /// </summary>
    /// <remarks>One thread calls. A message that Next gives is valid until Room is called.</remarks>
    public sealed class Zmtp
    {
        public const int GreetingBytes = 64;
        public const int SignatureBytes = 11;  // of it: with the version, what a peer wants before it says the rest
        public const int MaxCommandBytes = 1024;  // READY, PING, ERROR: all of them are short
        public const int MaxWaitingBytes = 4 * 1024 * 1024;  // written and not yet taken by the network

        private const int FirstBytes = 64 * 1024;  // of the buffer: some frames of a face, or sound of a second
        private const int BigBytes = 1024 * 1024;  // a buffer that grew beyond it for a basis is given back
        private const int SmallInARow = 256;  // messages, after which it is
        private const int MaxPongsWaitingBytes = 64 * 1024;  // for a peer that reads none of them
        private const int MaxPingContextBytes = 16;
        private const byte More = 1, Long = 2, Command = 4;

        private readonly ZmtpRole _role;
        private readonly int _maxMessageBytes;
        private readonly ByteQueue _out = new ByteQueue(MaxWaitingBytes);
        private byte[] _in = new byte[FirstBytes];
        private int _from, _to;  // what has come and was not read
        private int _small;
        private bool _greeted;

        public Zmtp(ZmtpRole role, int maxMessageBytes)
        {
            _role = role;
            _maxMessageBytes = maxMessageBytes;
            Reset();
        }

        /// <summary>Whether both sides have said who they are, and messages may go.</summary>
        public bool Ready { get; private set; }

        /// <summary>Of the peer's ZMTP 3.x, once it is greeted: from 1 on subscriptions are commands.</summary>
        public int PeerMinor { get; private set; }

        /// <summary>Why this connection makes no sense any more; null while it does.</summary>
        public Problem Failure { get; private set; }

        /// <summary>What is to be sent.</summary>
        public ByteQueue Out
        {
            get { return _out; }
        }

        /// <summary>Begin anew, for a new connection.</summary>
        public void Reset()
        {
            _from = _to = _small = 0;
            _greeted = Ready = false;
            PeerMinor = 0;
            Failure = null;
            _out.Clear();
            _out.Append(Greeting, 0, SignatureBytes);
        }

        /// <summary>Where to put what comes next; never empty.</summary>
        public Bytes Room()
        {
            if (_from > 0)
            {
                Buffer.BlockCopy(_in, _from, _in, 0, _to - _from);
                _to -= _from;
                _from = 0;
            }
            if (_in.Length > BigBytes && _small > SmallInARow && _to < FirstBytes)
            {
                Resize(FirstBytes);
            }
            if (_to == _in.Length)  // grows as bytes come, whatever length was announced
            {
                Resize((int)Math.Min(2L * _in.Length, _maxMessageBytes + 16L));
            }
            return new Bytes(_in, _to, _in.Length - _to);
        }

        /// <summary>So many bytes were put into Room.</summary>
        public void Received(int count)
        {
            _to += count;
        }

        /// <summary>The next whole message; false when there is none yet, or never will be (Failure).</summary>
        public bool Next(out Bytes message)
        {
            message = default(Bytes);
            if (!_greeted && !Greet())
            {
                return false;
            }
            while (Failure == null && _to - _from >= 2)
            {
                byte flags = _in[_from];
                int head = (flags & Long) != 0 ? 9 : 2;
                if (_to - _from < head)
                {
                    return false;
                }
                ulong length = head == 2 ? _in[_from + 1] : BigEndian64(_from + 1);
                bool command = (flags & Command) != 0;
                if (!IsFrame(flags, length, command) || _to - _from - head < (int)length)
                {
                    return false;
                }
                int at = _from + head, count = (int)length;
                _from = at + count;
                _small = count < FirstBytes ? _small + 1 : 0;
                if (!command)
                {
                    message = new Bytes(_in, at, count);
                    return true;
                }
                Obey(at, count);
            }
            return false;
        }

        /// <summary>Write a message; false when the network has not taken what waits, or nobody is there.</summary>
        public bool Send(byte[] data, int offset, int count)
        {
            return Ready && Write(0, null, data, offset, count);
        }

        /// <summary>Read what starts with this, or read it no more. The same answers as Send.</summary>
        public bool Subscribe(byte[] prefix, bool wanted)
        {
            if (!Ready)
            {
                return false;
            }
            if (PeerMinor == 0)
            {
                return Write(0, wanted ? JoinByte : LeaveByte, prefix, 0, prefix.Length);
            }
            return Write(Command, wanted ? JoinCommand : LeaveCommand, prefix, 0, prefix.Length);
        }

        private static readonly byte[] JoinByte = { 1 }, LeaveByte = { 0 };
        private static readonly byte[] JoinCommand = Named("SUBSCRIBE"), LeaveCommand = Named("CANCEL");
        private static readonly byte[] ReadyName = Named("READY"), ErrorName = Named("ERROR");
        private static readonly byte[] PingName = Named("PING"), PongName = Named("PONG");
        private static readonly byte[] Nothing = new byte[0];
        private static readonly byte[] Greeting = GreetingOf("NULL");

        private bool Greet()
        {
            int count = _to - _from;
            if (count > 0 && _in[_from] != 0xFF || count > 9 && (_in[_from + 9] & 1) == 0)
            {
                return Fail("this peer does not speak ZeroMQ", "other bytes", "a ZMTP greeting",
                    "check that it is a talkwire server, on the right port");
            }
            if (count > 10 && _in[_from + 10] < 3)
            {
                return Fail("the peer's ZeroMQ is too old", "ZMTP " + _in[_from + 10], "ZMTP 3",
                    "update the server");
            }
            if (count < GreetingBytes)
            {
                return false;
            }
            string mechanism = Printable(_from + 12, 20);
            if (mechanism != "NULL")
            {
                Failure = new Problem("denied", "the server wants keys", mechanism, "NULL",
                    "give Key and ServerKey, or connect over a tunnel to the server's loopback");
                return false;
            }
            _out.Append(Greeting, SignatureBytes, GreetingBytes - SignatureBytes);  // or it had hung up without its own
            PeerMinor = _in[_from + 10] > 3 ? 1 : _in[_from + 11];
            _from += GreetingBytes;
            _greeted = true;
            byte[] about = Property("Socket-Type", _role == ZmtpRole.Dealer ? "DEALER" : "SUB");
            Write(Command, ReadyName, about, 0, about.Length);
            return true;
        }

        private bool IsFrame(byte flags, ulong length, bool command)
        {
            if ((flags & ~(More | Long | Command)) != 0 || command && (flags & More) != 0)
            {
                return Fail("the peer breaks the framing of ZMTP", "flags " + flags, "0 to 4",
                    "check what is between this client and the server");
            }
            if ((flags & More) != 0)
            {
                return Fail("the peer sends a message of several parts", "more than one", "one part",
                    "check that it is a talkwire server");
            }
            if (!command && !Ready)
            {
                return Fail("the peer sends before it has said who it is", "a message", "READY",
                    "check that it is a talkwire server");
            }
            ulong most = command ? MaxCommandBytes : (ulong)_maxMessageBytes;
            if (length > most)
            {
                return Fail("the peer announces too long a message", length + " bytes", "at most " + most,
                    "check that it is a talkwire server");
            }
            return true;
        }

        private void Obey(int at, int count)
        {
            if (Is(ReadyName, at, count))
            {
                TakeReady(at + ReadyName.Length, count - ReadyName.Length);
            }
            else if (Is(ErrorName, at, count))
            {
                Fail("the server refused the connection", Printable(at + 7, Math.Max(0, Math.Min(count - 7, 200))),
                    "READY", "see the server's log");
            }
            else if (!Ready)
            {
                Fail("the peer has not said who it is", "another command", "READY",
                    "check that it is a talkwire server");
            }
            else if (Is(PingName, at, count))
            {
                int context = count - PingName.Length - 2;  // after the time to live
                if (context < 0 || context > MaxPingContextBytes)
                {
                    Fail("the peer's PING makes no sense", count + " bytes", "a time and at most 16 more",
                        "check what is between this client and the server");
                }
                else if (_out.Count < MaxPongsWaitingBytes)
                {
                    Write(Command, PongName, _in, at + PingName.Length + 2, context);
                }
            }
        }

        private void TakeReady(int at, int count)
        {
            string wanted = _role == ZmtpRole.Dealer ? "ROUTER" : "XPUB", kind = "none";
            int end = at + count;
            while (at < end)
            {
                int name = _in[at], value = at + 1 + name;
                if (name == 0 || value + 4 > end || BigEndian32(value) > (uint)(end - value - 4))
                {
                    Fail("the peer's READY makes no sense", "a property beyond its end", "names and values",
                        "check that it is a talkwire server");
                    return;
                }
                int size = (int)BigEndian32(value);
                if (string.Equals(Printable(at + 1, name), "Socket-Type", StringComparison.OrdinalIgnoreCase))
                {
                    kind = Printable(value + 4, Math.Min(size, 16));
                }
                at = value + 4 + size;
            }
            if (kind != wanted && !(_role == ZmtpRole.Sub && kind == "PUB"))
            {
                Fail("this port is another one of the server's", kind, wanted,
                    "connect to its control port, 5556 unless it was told otherwise");
            }
            else
            {
                Ready = true;
            }
        }

        private bool Write(byte flags, byte[] first, byte[] data, int offset, int count)
        {
            first = first ?? Nothing;
            int length = first.Length + count, head = length > 255 ? 9 : 2;
            if (!_out.Reserve(head + length))
            {
                return false;
            }
            _out.Append(head == 9 ? (byte)(flags | Long) : flags);
            for (int shift = head == 9 ? 56 : 0; shift >= 0; shift -= 8)
            {
                _out.Append((byte)((ulong)length >> shift));
            }
            _out.Append(first, 0, first.Length);
            _out.Append(data, offset, count);
            return true;
        }

        private bool Fail(string what, string seen, string wanted, string cure)
        {
            Failure = Failure ?? new Problem("link", what, seen, wanted, cure);
            return false;
        }

        private void Resize(int bytes)
        {
            var grown = new byte[bytes];
            Buffer.BlockCopy(_in, 0, grown, 0, _to);
            _in = grown;
            _small = 0;
        }

        private bool Is(byte[] name, int at, int count)
        {
            if (count < name.Length)
            {
                return false;
            }
            for (int i = 0; i < name.Length; i++)
            {
                if (_in[at + i] != name[i])
                {
                    return false;
                }
            }
            return true;
        }

        private ulong BigEndian64(int at)
        {
            return (ulong)BigEndian32(at) << 32 | BigEndian32(at + 4);
        }

        private uint BigEndian32(int at)
        {
            return (uint)(_in[at] << 24 | _in[at + 1] << 16 | _in[at + 2] << 8 | _in[at + 3]);
        }

        /// <summary>What a peer says of itself, up to a zero byte, for a person to read.</summary>
        private string Printable(int at, int count)
        {
            var text = new StringBuilder(count);
            for (int i = at; i < at + count && _in[i] != 0; i++)
            {
                text.Append(_in[i] >= 32 && _in[i] < 127 ? (char)_in[i] : '?');
            }
            return text.ToString();
        }

        private static byte[] GreetingOf(string mechanism)
        {
            var greeting = new byte[GreetingBytes];
            greeting[0] = 0xFF;
            greeting[9] = 0x7F;
            greeting[10] = 3;
            greeting[11] = 1;
            Encoding.ASCII.GetBytes(mechanism, 0, mechanism.Length, greeting, 12);
            return greeting;
        }

        private static byte[] Named(string name)
        {
            var bytes = new byte[1 + name.Length];
            bytes[0] = (byte)name.Length;
            Encoding.ASCII.GetBytes(name, 0, name.Length, bytes, 1);
            return bytes;
        }

        private static byte[] Property(string name, string value)
        {
            var bytes = new byte[1 + name.Length + 4 + value.Length];
            bytes[0] = (byte)name.Length;
            Encoding.ASCII.GetBytes(name, 0, name.Length, bytes, 1);
            bytes[1 + name.Length + 3] = (byte)value.Length;
            Encoding.ASCII.GetBytes(value, 0, value.Length, bytes, 1 + name.Length + 4);
            return bytes;
        }
    }
}
