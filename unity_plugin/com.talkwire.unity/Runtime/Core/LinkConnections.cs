using System.Threading;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>The link's three connections: what comes of them goes to the session and to NPCs, what the session wants
    /// goes to them.</summary>
    internal sealed partial class Link : ISessionOutput
    {
        private void Wait()
        {
            Connection watched = _busiest.Open ? _busiest : _connections[0];
            if (watched.Open)
            {
                watched.Wait(ConnectedWaitUs);
            }
            else
            {
                _wake.WaitOne(AloneWaitMs);
            }
        }

        private void Step(Route route)
        {
            Connection connection = _connections[(int)route];
            Connection.Change change = connection.Step();
            if (change == Connection.Change.Ready)
            {
                Session.Connected(route, _nowNs);
            }
            else if (change == Connection.Change.Lost)
            {
                Session.Lost(route, connection.Problem, _nowNs);
            }
            else if (change == Connection.Change.Hopeless)
            {
                Session.Hopeless(connection.Problem, _nowNs);
            }
        }

        private void Receive(Route route)
        {
            Connection connection = _connections[(int)route];
            for (int i = 0; i < ReceivesInARow && !_stopping && connection.Receive(); i++)
            {
                Bytes message;
                while (connection.Next(out message))
                {
                    if (route == Route.Control)
                    {
                        TakeAnswer(message);
                    }
                    else
                    {
                        _busiest = connection;
                        TakePart(message, route);
                    }
                }
            }
        }

        private void TakeAnswer(Bytes bytes)
        {
            Message message;
            Problem problem = _codec.Decode(bytes, Kinds.Replies, out message);
            if (problem != null)
            {
                Session.Misread(problem, _nowNs);
            }
            else
            {
                Session.Received(message, _nowNs);
            }
        }

        private void TakePart(Bytes part, Route route)
        {
            Topic topic;
            Problem problem = Topic.Split(part, out topic);
            Npc npc = problem == null ? Session.Named(topic.Session) : null;
            if (npc == null)
            {
                if (problem != null)  // else it was left a moment ago
                {
                    Interlocked.Increment(ref _refused);
                }
                return;
            }
            Packet packet = _packets.Give(topic.Tag, topic.Body.Count);
            topic.Body.CopyTo(packet.Buffer, topic.Body.Count);
            if (_codec.Decode(new Bytes(packet.Buffer, 0, topic.Body.Count), packet.Message) != null)
            {
                Interlocked.Increment(ref _refused);
                packet.Release();
                return;
            }
            packet.Plane = topic.Plane;
            packet.ArrivedNs = _nowNs;
            packet.Prepared = Player.Prepare(packet.Message);
            string head = HeadOf(packet.Message);
            if (head != null)
            {
                Session.Got(npc, topic.Plane, head, _nowNs);
            }
            npc.Put(packet, route == Route.Motion);
        }

        /// <summary>The topology_id of what has one.</summary>
        private static string HeadOf(Message message)
        {
            return message is Stamped stamped ? stamped.Stamp.TopologyId : message is Mesh mesh ? mesh.TopologyId
                : message is Texture texture ? texture.TopologyId : message is Basis basis ? basis.TopologyId : null;
        }

        // ---- what the session has done

        void ISessionOutput.Connect(Route route, int port)
        {
            _connections[(int)route].Connect(_host, port != 0 ? port : _port);
        }

        void ISessionOutput.Close(Route route)
        {
            _connections[(int)route].Close();
        }

        bool ISessionOutput.HasRoom
        {
            get { return _allowance.Any && _connections[0].Waiting < MostWaitingBytes; }
        }

        void ISessionOutput.Send(Message message)
        {
            _writer.Clear();
            Problem problem = _codec.Encode(message, _writer);
            if (problem != null)
            {
                ((ISessionOutput)this).Tell(new Notice(NoticeKind.Error) { Problem = problem, Of = message.Name });
            }
            else
            {
                _allowance.Take();
                _connections[0].Send(_writer.Written);  // what finds no room finds no server that reads: it falls silent
            }
        }

        void ISessionOutput.Subscribe(Route route, string session, string plane, bool wanted)
        {
            _connections[(int)route].Subscribe(Topic.Of(session, plane), wanted);
        }

        void ISessionOutput.Tell(Notice notice)
        {
            lock (_notices)
            {
                if (_notices.Count == MostNotices)
                {
                    _notices.Dequeue();
                }
                _notices.Enqueue(notice);
            }
        }
    }
}
