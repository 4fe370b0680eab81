namespace Talkwire.Core
{
    /// <summary>One ZeroMQ connection over TCP. No call of it waits but Wait. The network's thread calls.</summary>
    internal sealed class Connection
    {
        private readonly TcpSocket _socket = new TcpSocket();
        private readonly Zmtp _zmtp;
        private bool _begun;  // there is a connection, or what was one and was not told yet
        private string _place = "";

        public enum Change
        {
            Nothing,
            Ready,
            Lost,
        }

        public Connection(ZmtpRole role)
        {
            _zmtp = new Zmtp(role, Limits.MaxMediaBytes);
        }

        /// <summary>Why it was lost last, or did not come about.</summary>
        public Problem Problem { get; private set; }

        /// <summary>The peer has said who it is.</summary>
        public bool Ready { get; private set; }

        public bool Open
        {
            get { return _socket.State == TcpSocket.Condition.Connected; }
        }

        /// <summary>Bytes that the network has not taken.</summary>
        public int Waiting
        {
            get { return _zmtp.Out.Count; }
        }

        /// <summary>Begin to connect.</summary>
        public void Connect(string host, int port)
        {
            Close();
            _begun = true;
            _place = host + ":" + port;
            _socket.Connect(host, port);
        }

        public void Close()
        {
            _socket.Close();
            _zmtp.Reset();
            _begun = Ready = false;
        }

        /// <summary>See what has become of it; each change is told once.</summary>
        public Change Step()
        {
            if (!_begun)
            {
                return Change.Nothing;
            }
            _socket.Continue();
            Send();
            if (_zmtp.Failure != null)
            {
                return Lose(_zmtp.Failure);
            }
            if (_socket.State == TcpSocket.Condition.Closed)
            {
                return Lose(new Problem("link", "there is no connection to " + _place, _socket.Reason, "a talkwire server",
                    "start one with: talkwire serve"));
            }
            if (_zmtp.Ready && !Ready)
            {
                Ready = true;
                return Change.Ready;
            }
            return Change.Nothing;
        }

        /// <summary>Take what the network has; false when it has nothing.</summary>
        public bool Receive()
        {
            if (_zmtp.Failure != null || !Open)
            {
                return false;
            }
            int count = _socket.Receive(_zmtp.Room());
            _zmtp.Received(count);
            return count > 0;
        }

        /// <summary>The next message of what was received, valid until Receive.</summary>
        public bool Next(out Bytes message)
        {
            return _zmtp.Next(out message);
        }

        public bool Send(Bytes message)
        {
            return _zmtp.Send(message.Array, message.Offset, message.Count);
        }

        public bool Subscribe(byte[] prefix, bool wanted)
        {
            return _zmtp.Subscribe(prefix, wanted);
        }

        /// <summary>Give the network what it takes.</summary>
        public void Send()
        {
            int count = -1;
            while (count != 0 && _zmtp.Out.Count > 0 && Open)
            {
                count = _socket.Send(_zmtp.Out.Waiting);
                _zmtp.Out.Took(count);
            }
        }

        /// <summary>Wait until something comes, at most this long.</summary>
        public bool Wait(int microseconds)
        {
            return _socket.Wait(microseconds);
        }

        private Change Lose(Problem why)
        {
            Problem = why;
            Close();
            return Change.Lost;
        }
    }
}
