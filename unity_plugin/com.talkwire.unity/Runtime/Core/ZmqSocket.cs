using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Talkwire.Core
{
    /// <summary>A socket of libzmq's, and the part that it received last, in memory that is kept. Its options' numbers are
    /// those of zmq.h. One thread calls, and nothing waits but Receive where it is told to.</summary>
    internal sealed class ZmqSocket
    {
        public const int Subscribe = 6, Unsubscribe = 7, Linger = 17, ReconnectMs = 18, MaxMessageBytes = 22;
        public const int MaxToSend = 23, MaxReceived = 24, ReceiveMs = 27, IPv6 = 42;
        public const int CurvePublic = 48, CurveSecret = 49, CurveServer = 50;

        private const int NativeBytes = 64;  // of a zmq_msg_t
        private const int SmallBytes = 64 * 1024, BigBytes = 1024 * 1024, SmallInARow = 256;  // as Zmtp does

        private readonly int _kind;
        private IntPtr _socket, _part;
        private byte[] _in = new byte[0];
        private int _small;

        public ZmqSocket(int kind)
        {
            _kind = kind;
        }

        public bool IsOpen
        {
            get { return _socket != IntPtr.Zero; }
        }

        /// <summary>What was received last, until the next is.</summary>
        public Bytes Part { get; private set; }

        /// <summary>Whether it has another one of the same message behind it.</summary>
        public bool More { get; private set; }

        /// <summary>What libzmq says of a call that failed just now.</summary>
        public static string Why
        {
            get { return Marshal.PtrToStringAnsi(NativeZmq.zmq_strerror(NativeZmq.zmq_errno())); }
        }

        public bool Open(IntPtr context)
        {
            Close();
            _socket = NativeZmq.zmq_socket(context, _kind);
            if (IsOpen)
            {
                _part = Marshal.AllocHGlobal(NativeBytes);
            }
            return IsOpen;
        }

        public void Close()
        {
            if (IsOpen)
            {
                NativeZmq.zmq_socket_monitor(_socket, null, 0);
                NativeZmq.zmq_close(_socket);
                Marshal.FreeHGlobal(_part);
            }
            _socket = _part = IntPtr.Zero;
        }

        public bool Set(int option, int value)
        {
            return NativeZmq.zmq_setsockopt(_socket, option, ref value, (UIntPtr)sizeof(int)) == 0;
        }

        public bool Set(int option, long value)
        {
            return NativeZmq.zmq_setsockopt(_socket, option, ref value, (UIntPtr)sizeof(long)) == 0;
        }

        public bool Set(int option, byte[] value)
        {
            return NativeZmq.zmq_setsockopt(_socket, option, value, (UIntPtr)value.Length) == 0;
        }

        public bool Connect(string endpoint)
        {
            return NativeZmq.zmq_connect(_socket, Native(endpoint)) == 0;
        }

        /// <summary>Have a Pair that connects there told of these events.</summary>
        public bool Tell(string endpoint, int events)
        {
            return NativeZmq.zmq_socket_monitor(_socket, Native(endpoint), events) == 0;
        }

        /// <summary>False where it would have to wait.</summary>
        public bool Send(Bytes message)
        {
            if (NativeZmq.zmq_msg_init_size(_part, (UIntPtr)message.Count) != 0)
            {
                return false;
            }
            Marshal.Copy(message.Array, message.Offset, NativeZmq.zmq_msg_data(_part), message.Count);
            bool sent = NativeZmq.zmq_msg_send(_part, _socket, NativeZmq.DontWait) >= 0;
            if (!sent)
            {
                NativeZmq.zmq_msg_close(_part);
            }
            return sent;
        }

        /// <summary>The next part; false where there is none, at once or, where it may wait, after ReceiveMs.</summary>
        public bool Receive(bool mayWait = false)
        {
            NativeZmq.zmq_msg_init(_part);
            if (NativeZmq.zmq_msg_recv(_part, _socket, mayWait ? 0 : NativeZmq.DontWait) < 0)
            {
                NativeZmq.zmq_msg_close(_part);
                return false;
            }
            var count = (int)NativeZmq.zmq_msg_size(_part);
            Fit(count);
            Marshal.Copy(NativeZmq.zmq_msg_data(_part), _in, 0, count);
            More = NativeZmq.zmq_msg_more(_part) != 0;
            NativeZmq.zmq_msg_close(_part);
            Part = new Bytes(_in, 0, count);
            return true;
        }

        /// <summary>As libzmq takes text.</summary>
        public static byte[] Native(string text)
        {
            return Encoding.ASCII.GetBytes(text + "\0");
        }

        private void Fit(int count)
        {
            _small = count < SmallBytes ? _small + 1 : 0;
            if (count > _in.Length || _in.Length > BigBytes && _small > SmallInARow)
            {
                _in = new byte[count + count / 4];
            }
        }
    }
}
