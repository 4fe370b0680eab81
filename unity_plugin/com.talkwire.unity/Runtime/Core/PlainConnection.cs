namespace Talkwire.Core
{
    /// <summary>One without keys: our own ZMTP over TCP.</summary>
    internal sealed class PlainConnection : Connection
    {
        private const string IfItHasKeys = "; if it has keys, give Key and ServerKey";

        private readonly TcpSocket _socket = new TcpSocket();
        private readonly Zmtp _zmtp;
        private bool _reached;  // somebody listens
        private bool _begun;  // there is a connection, or what was one and was not told yet
        private string _place = "";

        public PlainConnection(ZmtpRole role)
        {
            _zmtp = new Zmtp(role, Limits.MaxMediaBytes);
        }

        public override bool Open
        {
            get { return _socket.State == TcpSocket.Condition.Connected; }
        }

        public override int Waiting
        {
            get { return _zmtp.Out.Count; }
        }

        public override void Connect(string host, int port)
        {
            Close();
            _begun = true;
            _place = host + ":" + port;
            _socket.Connect(host, port);
        }

        public override void Close()
        {
            _socket.Close();
            _zmtp.Reset();
            _begun = _reached = Ready = false;
        }

        public override Change Step()
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
                return Lose(NoConnection(_place, _socket.Reason, _reached && !Ready ? IfItHasKeys : ""));
            }
            _reached = Open;
            if (_zmtp.Ready && !Ready)
            {
                Ready = true;
                return Change.Ready;
            }
            return Change.Nothing;
        }

        public override bool Receive()
        {
            if (_zmtp.Failure != null || !Open)
            {
                return false;
            }
            int count = _socket.Receive(_zmtp.Room());
            _zmtp.Received(count);
            return count > 0;
        }

        public override bool Next(out Bytes message)
        {
            return _zmtp.Next(out message);
        }

        public override bool Send(Bytes message)
        {
            return _zmtp.Send(message.Array, message.Offset, message.Count);
        }

        public override bool Subscribe(byte[] prefix, bool wanted)
        {
            return _zmtp.Subscribe(prefix, wanted);
        }

        public override void Send()
        {
            int count = -1;
            while (count != 0 && _zmtp.Out.Count > 0 && Open)
            {
                count = _socket.Send(_zmtp.Out.Waiting);
                _zmtp.Out.Took(count);
            }
        }

        public override void Finish()
        {
            Send();
        }

        public override void Wait(int microseconds)
        {
            _socket.Wait(microseconds);
        }
    }
}
