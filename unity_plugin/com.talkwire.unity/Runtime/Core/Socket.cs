using System;
using System.Net;
using System.Net.Sockets;

namespace Talkwire.Core
{
    /// <summary>
    /// A TCP connection that nobody waits for: every call returns at once but Wait, which says how long it may
    /// last. One thread calls. Nothing of it throws, and a name is looked up in the background.
    /// </summary>
    public sealed class TcpSocket
    {
        public enum Condition
        {
            Closed,
            Connecting,
            Connected,
        }

        private const int BufferBytes = 512 * 1024;  // of the system, for what comes while this process is away

        private readonly Resolver _resolver = new Resolver();
        private Socket _socket;
        private int _port;

        public Condition State { get; private set; }

        /// <summary>Why it is closed, where it was not asked to be; for a person to read.</summary>
        public string Reason { get; private set; }

        /// <summary>Begin to connect; Continue says when it is done. host: an address, or a name.</summary>
        public void Connect(string host, int port)
        {
            Close();
            Reason = null;
            _port = port;
            State = Condition.Connecting;
            _resolver.Look(host);
            TakeAddress();
        }

        /// <summary>Look how the connecting goes.</summary>
        public void Continue()
        {
            if (State == Condition.Connecting && _socket == null)
            {
                _resolver.Continue();
                TakeAddress();
            }
            if (State != Condition.Connecting || _socket == null)
            {
                return;
            }
            try
            {
                if (_socket.Poll(0, SelectMode.SelectError))
                {
                    Lose(Told());
                }
                else if (_socket.Poll(0, SelectMode.SelectWrite))
                {
                    string told = Told();
                    if (told != null)
                    {
                        Lose(told);
                    }
                    else
                    {
                        State = Condition.Connected;
                    }
                }
            }
            catch (Exception error)
            {
                Lose(error.Message);
            }
        }

        /// <summary>Wait until something can be read, at most this long, in microseconds. Whether it can.</summary>
        public bool Wait(int microseconds)
        {
            try
            {
                return State == Condition.Connected && _socket.Poll(microseconds, SelectMode.SelectRead);
            }
            catch (Exception error)
            {
                Lose(error.Message);
                return false;
            }
        }

        /// <summary>Take what has come: bytes; 0 where there are none, or the connection is gone (State).</summary>
        public int Receive(Bytes room)
        {
            return State == Condition.Connected ? Transfer(room, true) : 0;
        }

        /// <summary>Give what the network takes: bytes; 0 where it takes none, or is gone (State).</summary>
        public int Send(Bytes data)
        {
            return State == Condition.Connected && data.Count > 0 ? Transfer(data, false) : 0;
        }

        /// <summary>Close at once, in whatever state. Again is harmless.</summary>
        public void Close()
        {
            Socket socket = _socket;
            _socket = null;
            _resolver.Forget();
            State = Condition.Closed;
            if (socket == null)
            {
                return;
            }
            try
            {
                socket.Close();
            }
            catch (Exception)
            {
                // it was closed by the system
            }
        }

        private int Transfer(Bytes bytes, bool receiving)
        {
            SocketError error;
            int count;
            try
            {
                if (!_socket.Poll(0, receiving ? SelectMode.SelectRead : SelectMode.SelectWrite))
                {
                    return 0;  // Mono tries to send until it can, although the socket is one that does not wait
                }
                count = receiving
                    ? _socket.Receive(bytes.Array, bytes.Offset, bytes.Count, SocketFlags.None, out error)
                    : _socket.Send(bytes.Array, bytes.Offset, bytes.Count, SocketFlags.None, out error);
            }
            catch (Exception failure)
            {
                Lose(failure.Message);
                return 0;
            }
            if (count > 0)
            {
                return count;
            }
            if (error == SocketError.Success && receiving)
            {
                Lose("the server closed the connection");
            }
            else if (error != SocketError.Success && !IsPatience(error))
            {
                Lose(Sentence(error));
            }
            return 0;
        }

        private void TakeAddress()
        {
            if (_resolver.Reason != null)
            {
                Lose(_resolver.Reason);
            }
            else if (_resolver.Address != null)
            {
                Begin(_resolver.Address);
            }
        }

        private void Begin(IPAddress address)
        {
            try
            {
                _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
                {
                    Blocking = false,
                    NoDelay = true,
                    ReceiveBufferSize = BufferBytes,
                };
                _socket.Connect(new IPEndPoint(address, _port));
                State = Condition.Connected;
            }
            catch (SocketException error)
            {
                if (!IsPatience(error.SocketErrorCode))  // else it is under way, as it is meant to be
                {
                    Lose(Sentence(error.SocketErrorCode));
                }
            }
            catch (Exception error)
            {
                Lose(error.Message);
            }
        }

        /// <summary>What became of a connecting that is over; null: it worked.</summary>
        private string Told()
        {
            var error = (int)_socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error);
            return error == 0 ? null : Sentence((SocketError)error);
        }

        private void Lose(string reason)
        {
            Close();
            Reason = reason ?? "the connection is lost";
        }

        private static bool IsPatience(SocketError error)
        {
            return error == SocketError.WouldBlock || error == SocketError.InProgress
                || error == SocketError.AlreadyInProgress || error == SocketError.NoBufferSpaceAvailable
                || error == SocketError.Interrupted || error == SocketError.IOPending;
        }

        private static string Sentence(SocketError error)
        {
            switch (error)
            {
                case SocketError.ConnectionRefused: return "nobody listens there";
                case SocketError.ConnectionReset: return "the connection was reset";
                case SocketError.HostUnreachable: return "no way to that machine";
                case SocketError.NetworkUnreachable: return "no way to that network";
                case SocketError.TimedOut: return "no answer";
                default: return "socket error " + (int)error;
            }
        }
    }
}
