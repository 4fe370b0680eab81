using System.Collections.Generic;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>What it asks, and what comes of it.</summary>
    public sealed partial class Session
    {
        private void AskAgain()
        {
            List<Requests.Request> again = _requests.TakeAll();
            foreach (Npc npc in _npcs)
            {
                if (npc.IsWanted)
                {
                    AskToOpen(npc);
                }
            }
            foreach (Requests.Request request in again)
            {
                Ask(request.Message, request.Npc, request.Avatar);
            }
        }

        private void AskToOpen(Npc npc)
        {
            npc.State = NpcState.Opening;
            Ask(new Open { Session = npc.Session, Avatar = npc.Avatar }, npc, npc.Avatar);
        }

        /// <summary>Now, or when a server has been greeted.</summary>
        private void Ask(Message message, Npc npc, string avatar = null)
        {
            var request = new Requests.Request { Message = message, Npc = npc, Avatar = avatar };
            if (State == SessionState.Ready)
            {
                request.Ref = NextRef();
                Refs.Set(message, request.Ref);
                _output.Send(message);
            }
            _requests.Add(request);
        }

        private void SayStyle(Npc npc)
        {
            if (npc.Style != null && npc.State == NpcState.Open)
            {
                npc.Style.Ref = NextRef();
                _output.Send(npc.Style);
                npc.StyleRef = npc.Style.Ref;
            }
        }

        private void Take(Error error)
        {
            if (error.Code == "greet")
            {
                if (State == SessionState.Ready && error.Ref >= _helloRef)
                {
                    Greet();  // what was sent before is answered by as many of them
                }
                return;
            }
            Problem problem = Problem.Of(error);
            if (State == SessionState.Greeting && error.Ref == _helloRef)
            {
                TakeRefusal(problem);
                return;
            }
            Requests.Request request = _requests.Answered(error.Ref);
            var notice = new Notice(NoticeKind.Error) { Problem = problem };
            if (request != null)
            {
                notice.Of = request.Message.Name;
                notice.Npc = request.Npc;
                notice.Avatar = request.Avatar;
            }
            foreach (Npc npc in _npcs)
            {
                if (npc.Refused(problem, error.Ref, request))
                {
                    notice.Of = "Style";
                    notice.Npc = npc;
                }
            }
            _output.Tell(notice);
        }

        private void TakeRefusal(Problem problem)
        {
            if (problem.Code == "version" || problem.Code == "denied")
            {
                Fail(problem);
            }
            else
            {
                GiveUp(_ways[0], problem.Code, problem);
            }
        }

        private void Take(Progress news)
        {
            foreach (Npc npc in _npcs)
            {
                if (npc.Session == news.Session)
                {
                    npc.Speaker.Take(news);
                }
            }
        }

        private void TakeGone(Closed closed)
        {
            foreach (Npc npc in _npcs)
            {
                if (npc.Session == closed.Session)
                {
                    npc.State = NpcState.Closed;
                    npc.Speaker.Interrupt();
                    npc.Speaker.Stand();
                    _output.Tell(new Notice(NoticeKind.Closed) { Npc = npc });
                }
            }
        }

        private void TakeAnswer(Message answer)
        {
            Requests.Request request = _requests.Answered(Refs.Of(answer));
            if (request == null)
            {
                return;
            }
            if (answer is Opened opened && request.IsOpening)
            {
                request.Npc.TakeOpened(opened);
                _output.Tell(new Notice(NoticeKind.Opened) { Npc = request.Npc, Frames = opened.Frames });
                SayStyle(request.Npc);
                request.Npc.Speaker.Open(opened.MaxQueuedS);
            }
            else if (answer is Interrupted interrupted)
            {
                _output.Tell(new Notice(NoticeKind.Interrupted) { Npc = request.Npc, Generation = interrupted.Generation });
            }
        }
    }
}
