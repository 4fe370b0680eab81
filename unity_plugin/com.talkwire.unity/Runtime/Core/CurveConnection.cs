using System;
using System.Net;

namespace Talkwire.Core
{
    /// <summary>One with keys (CURVE, RFC 26), by libzmq, which is given no more liberty than our own ZMTP has: it connects
    /// once, keeps little, and what becomes of it is asked of its monitor.</summary>
    internal sealed class CurveConnection : Connection
    {
        private const int Closed = 0x80, Disconnected = 0x200, NoDetail = 0x800, Succeeded = 0x1000;  // ZMQ_EVENT_...
        private const int ProtocolFailed = 0x2000, AuthFailed = 0x4000;
        private const int Events = Closed | Disconnected | NoDetail | Succeeded | ProtocolFailed | AuthFailed;
        private const uint Mismatch = 0x11000002;  // ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH
        private const int MaxToSend = 16, MaxReceived = 256;  // messages that libzmq keeps; then the network does
        private const int BoxBytes = 33;  // that CURVE adds to a message
        private const int LastWordsMs = 50;  // of a client that stops, which may take 200
        private const int NeverMs = 3600 * 1000;  // who is lost is closed at once; by -1 what came last would be dropped
        private const int LengthBytes = 4;

        private readonly CurveContext _context;
        private readonly ZmtpRole _role;
        private readonly Resolver _resolver = new Resolver();
        private readonly ZmqSocket _socket, _monitor = new ZmqSocket(NativeZmq.Pair);
        private readonly ByteQueue _out = new ByteQueue(Zmtp.MaxWaitingBytes);  // each with its length before it
        private string _gone;  // why it has ended; null: it has not
        private bool _begun, _empty;  // all that came before it ended was taken
        private bool _received;  // a message that Next has not given
        private int _port;
        private string _place = "";
        private Problem _failure;

        public CurveConnection(ZmtpRole role, CurveContext context)
        {
            _role = role;
            _context = context;
            _socket = new ZmqSocket(role == ZmtpRole.Dealer ? NativeZmq.Dealer : NativeZmq.Sub);
        }

        public override bool Open
        {
            get { return Ready; }
        }

        public override int Waiting
        {
            get { return _out.Count; }
        }

        public override void Connect(string host, int port)
        {
            Close();
            _begun = true;
            _port = port;
            _place = host + ":" + port;
            _resolver.Look(host);
        }

        public override void Close()
        {
            _resolver.Forget();
            _socket.Close();
            _monitor.Close();
            _out.Clear();
            _begun = _empty = _received = Ready = false;
            _gone = null;
            _failure = null;
        }

        public override Change Step()
        {
            if (!_begun)
            {
                return Change.Nothing;
            }
            if (!_socket.IsOpen)
            {
                return Begin();
            }
            bool wasReady = Ready;
            while (_failure == null && _monitor.Receive())
            {
                Hear();
            }
            if (_failure != null)
            {
                return Lose(_failure);
            }
            if (_gone != null && (_empty || !Ready))
            {
                return Lose(NoConnection(_place, _gone));
            }
            Send();
            return Ready && !wasReady ? Change.Ready : Change.Nothing;
        }

        public override bool Receive()
        {
            if (!Ready || _failure != null)
            {
                return false;
            }
            _received = _received || _socket.Receive();
            _empty = !_received && _gone != null;
            return _received;
        }

        public override bool Next(out Bytes message)
        {
            bool has = _received && !IsOfParts();
            message = has ? _socket.Part : default(Bytes);
            _received = false;
            return has;
        }

        public override bool Send(Bytes message)
        {
            if (!Ready || !_out.Reserve(LengthBytes + message.Count))
            {
                return false;
            }
            for (int shift = 0; shift < 32; shift += 8)
            {
                _out.Append((byte)(message.Count >> shift));
            }
            return _out.Append(message.Array, message.Offset, message.Count);
        }

        public override bool Subscribe(byte[] prefix, bool wanted)
        {
            if (!Ready)
            {
                return false;
            }
            _socket.Set(ZmqSocket.Unsubscribe, prefix);  // or the server would not hear that it is wished again
            return !wanted || _socket.Set(ZmqSocket.Subscribe, prefix);
        }

        public override void Send()
        {
            while (_socket.IsOpen && _out.Count > 0)
            {
                int count = _out.Waiting.I32(0);
                if (!_socket.Send(_out.Waiting.Slice(LengthBytes, count)))
                {
                    return;
                }
                _out.Took(LengthBytes + count);
            }
        }

        public override void Finish()
        {
            Send();
            if (_socket.IsOpen)
            {
                _socket.Set(ZmqSocket.Linger, LastWordsMs);
            }
        }

        public override void Wait(int microseconds)
        {
            if (Ready && !_received && _socket.Set(ZmqSocket.ReceiveMs, Math.Max(1, microseconds / 1000)))
            {
                _received = _socket.Receive(true);
            }
        }

        private Change Begin()
        {
            Problem problem = _context.Open();
            if (problem != null)
            {
                return Lose(problem, true);
            }
            _resolver.Continue();
            if (_resolver.Reason != null)
            {
                return Lose(NoConnection(_place, _resolver.Reason));
            }
            return _resolver.Address == null || Begin(_resolver.Address) ? Change.Nothing
                : Lose(NoConnection(_place, ZmqSocket.Why));
        }

        private bool Begin(IPAddress address)
        {
            string name = _context.NextName();
            bool isIPv4 = Resolver.IsOfIPv4(address);
            return _context.Open(_socket) && _context.Open(_monitor) && _context.Encrypt(_socket)
                && _socket.Set(ZmqSocket.Linger, 0) && _monitor.Set(ZmqSocket.Linger, 0)
                && _socket.Set(ZmqSocket.ReconnectMs, NeverMs)
                && _socket.Set(ZmqSocket.MaxMessageBytes, (long)Limits.MaxMediaBytes + BoxBytes)
                && _socket.Set(ZmqSocket.MaxToSend, _role == ZmtpRole.Dealer ? MaxToSend : 0)  // subscriptions: all
                && _socket.Set(ZmqSocket.MaxReceived, MaxReceived) && _socket.Set(ZmqSocket.IPv6, isIPv4 ? 0 : 1)
                && _socket.Tell(name, Events) && _monitor.Connect(name)
                && _socket.Connect("tcp://" + (isIPv4 ? "" + address : "[" + address + "]") + ":" + _port);
        }

        /// <summary>Of the monitor: an event (u16) with a value (u32), then where.</summary>
        private void Hear()
        {
            int happened = _monitor.Part.U16(0);
            uint value = _monitor.Part.From(2).U32(0);
            while (_monitor.More && _monitor.Receive())
            {
            }
            Ready |= happened == Succeeded;
            if (happened == Closed || happened == Disconnected)
            {
                _gone = Ready ? "the server closed the connection" : happened == Closed ? "nobody listens there"
                    : "somebody who does not speak ZeroMQ with keys";
            }
            else if (happened == AuthFailed)
            {
                _failure = new Problem("denied", "the server does not know this client's key", _context.Public,
                    "one in the folder clients of its --keys", "give the client's .pub file to who runs the server");
            }
            else if (happened == ProtocolFailed && value == Mismatch)
            {
                _failure = new Problem("denied", "the server has no key, and would hear this client unencrypted",
                    "a server without --keys", "one that proves who it is",
                    "start it with --keys, or leave out Key and ServerKey");
            }
            else if (happened == ProtocolFailed)
            {
                _failure = new Problem("link", "the peer's handshake makes no sense", "error " + value,
                    "CURVE as RFC 26 has it", "check that it is a talkwire server, on the right port");
            }
            else if (happened == NoDetail)
            {
                _failure = new Problem("link", "the server hangs up in the handshake", "one that stops, or has another key",
                    "the holder of " + _context.ServerPublic,
                    "if it stays so, get server.pub again from who runs the server, and check the address");
            }
        }

        private bool IsOfParts()
        {
            if (_socket.More)
            {
                _failure = new Problem("link", "the peer sends a message of several parts", "more than one", "one part",
                    "check that it is a talkwire server");
            }
            return _socket.More;
        }
    }
}
