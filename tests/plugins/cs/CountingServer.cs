using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>The control port of a server that welcomes, opens whatever is asked for, and counts what it is told. Who
    /// connects to its other ports is never answered.</summary>
    public sealed class CountingServer : IDisposable
    {
        private readonly TcpListener _control = Listener(), _readers = Listener();
        private readonly MessageCodec _codec = new MessageCodec();
        private readonly Dictionary<string, int> _counts = new Dictionary<string, int>();
        private readonly Thread _thread;
        private NetworkStream _stream;

        public CountingServer()
        {
            _thread = new Thread(Run) { IsBackground = true };
            _thread.Start();
        }

        public int Port
        {
            get { return PortOf(_control); }
        }

        /// <summary>How many messages of this name have come.</summary>
        public int Count(string name)
        {
            lock (_counts)
            {
                int count;
                return _counts.TryGetValue(name, out count) ? count : 0;
            }
        }

        public void Dispose()
        {
            _control.Stop();
            _readers.Stop();
            if (_stream != null)
            {
                _stream.Close();
            }
            _thread.Join(1000);
        }

        private void Run()
        {
            try
            {
                _stream = _control.AcceptTcpClient().GetStream();
                Write(new byte[] { 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 1 });
                Write(Encoding.ASCII.GetBytes("NULL".PadRight(GreetingRest, '\0')));
                Write(Encoding.ASCII.GetBytes("\u0004\u001c\u0005READY\u000bSocket-Type\0\0\0\u0006ROUTER"));
                Read(Zmtp.GreetingBytes);
                while (true)
                {
                    byte flags = Read(1)[0];
                    byte[] length = Read((flags & 2) != 0 ? 8 : 1), body;
                    int count = 0;
                    foreach (byte digit in length)
                    {
                        count = count << 8 | digit;
                    }
                    body = Read(count);
                    if ((flags & 4) == 0)
                    {
                        Take(body);
                    }
                }
            }
            catch (Exception error) when (error is IOException || error is SocketException || error is ObjectDisposedException)
            {
            }
        }

        private const int GreetingRest = Zmtp.GreetingBytes - 12;

        private void Take(byte[] body)
        {
            Message message;
            Check.Equal(null, _codec.Decode(new Bytes(body), Kinds.Requests, out message), "a message");
            lock (_counts)
            {
                _counts[message.Name] = Count(message.Name) + 1;
            }
            if (message is Hello hello)
            {
                int port = PortOf(_readers);
                Answer(new Welcome
                {
                    Ref = hello.Ref, Major = hello.Major, Minor = hello.Minor, Agent = "a test", MediaPort = port,
                    MotionPort = port, Run = "aa", Avatars = new[] { "nova" },
                });
            }
            else if (message is Open open)
            {
                Answer(new Opened
                {
                    Ref = open.Ref, Session = open.Session, TopologyId = "0123456789abcdef", FrameRateHz = 60,
                    LookAheadS = 0.1, MaxQueuedS = 30, Avatar = "nova", Frames = Topic.Q16,
                });
            }
            else if (message is Ping ping)
            {
                Answer(new Pong { Ref = ping.Ref, ClientNs = ping.ClientNs, ServerNs = ping.ClientNs });
            }
        }

        private void Answer(Message message)
        {
            var writer = new MsgPackWriter();
            Check.Equal(null, _codec.Encode(message, writer), message.Name);
            Bytes bytes = writer.Written;
            Write(new byte[] { 0, (byte)bytes.Count });
            _stream.Write(bytes.Array, bytes.Offset, bytes.Count);
        }

        private void Write(byte[] bytes)
        {
            _stream.Write(bytes, 0, bytes.Length);
        }

        private byte[] Read(int count)
        {
            var bytes = new byte[count];
            for (int got = 0, read; got < count; got += read)
            {
                read = _stream.Read(bytes, got, count - got);
                if (read == 0)
                {
                    throw new IOException("it has gone");
                }
            }
            return bytes;
        }

        private static int PortOf(TcpListener listener)
        {
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        private static TcpListener Listener()
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start(16);
            return listener;
        }
    }
}
