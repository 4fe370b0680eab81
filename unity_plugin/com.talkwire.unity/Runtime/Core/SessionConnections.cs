using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>Its three connections: tried, greeted, kept alive, given up.</summary>
    public sealed partial class Session
    {
        private void Try(Way way)
        {
            if (way.State == Way.Condition.Connecting && _nowNs >= way.UntilNs)
            {
                GiveUp(way, "connection", Silence("no talkwire server answers"));
            }
            bool may = way.Route == Route.Control || State == SessionState.Ready;
            if (way.State == Way.Condition.Waiting && _nowNs >= way.UntilNs && may)
            {
                Connect(way);
            }
        }

        private void Connect(Way way)
        {
            way.State = Way.Condition.Connecting;
            way.UntilNs = _nowNs + ConnectNs;
            _output.Connect(way.Route, way.Port);
            if (way.Route == Route.Control)
            {
                State = SessionState.Connecting;
            }
        }

        private void Close(Way way)
        {
            if (way.State == Way.Condition.Connecting || way.State == Way.Condition.On)
            {
                _output.Close(way.Route);
            }
            way.State = Way.Condition.Off;
            way.Backoff.Reset();
        }

        private void GiveUp(Way way, string why, Problem problem)
        {
            _output.Close(way.Route);
            Lose(way, why, problem);
        }

        private void Lose(Way way, string why, Problem problem)
        {
            way.State = Way.Condition.Waiting;
            way.UntilNs = _nowNs + way.Backoff.NextNs(_chance);
            Problem = problem;
            if (way.Route != Route.Control)
            {
                return;
            }
            if (State == SessionState.Ready)
            {
                _output.Tell(new Notice(NoticeKind.Lost) { Why = why, Problem = problem });
            }
            State = SessionState.Waiting;
            Forget();
        }

        private void Fail(Problem why)
        {
            Problem = why;
            _output.Tell(new Notice(NoticeKind.Refused) { Problem = why });
            Forget();
            Stop(_nowNs);
            State = SessionState.Failed;
        }

        private void Greet()
        {
            State = SessionState.Greeting;
            _answerByNs = _nowNs + AnswerNs;
            Forget();
            _hello.Ref = _helloRef = NextRef();
            _output.Send(_hello);
        }

        /// <summary>What one greeting held.</summary>
        private void Forget()
        {
            _unansweredNs = -1;
            _offset.Forget();
            foreach (Npc npc in _npcs)
            {
                npc.State = NpcState.Waiting;
                npc.Speaker.Stand();
            }
        }

        private void Take(Welcome welcome)
        {
            if (State != SessionState.Greeting || welcome.Ref != _helloRef)
            {
                return;
            }
            bool restarted = Run != null && welcome.Run != Run;
            State = SessionState.Ready;
            Problem = null;
            Run = welcome.Run;
            Avatars = welcome.Avatars;
            Greetings++;
            _ways[0].Backoff.Reset();
            _output.Tell(new Notice(NoticeKind.Welcome) { Run = Run, Restarted = restarted });
            foreach (Npc npc in _npcs)
            {
                npc.Speaker.Resume(restarted);
            }
            ConnectReader(_ways[1], welcome.MediaPort);
            ConnectReader(_ways[2], welcome.MotionPort);
            Ping();
            AskAgain();
        }

        private void ConnectReader(Way way, int port)
        {
            if (way.Port != port)
            {
                Close(way);
            }
            way.Port = port;
            if (way.State == Way.Condition.Off || way.State == Way.Condition.Waiting)
            {
                Connect(way);
            }
        }

        private void Ping()
        {
            _pingedNs = _nowNs;
            _unansweredNs = _unansweredNs >= 0 ? _unansweredNs : _nowNs;  // or we may have been away ourselves
            _ping.Ref = NextRef();
            _ping.ClientNs = _nowNs;
            _output.Send(_ping);
        }
    }
}
