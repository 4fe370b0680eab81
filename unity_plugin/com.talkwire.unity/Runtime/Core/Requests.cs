using System.Collections.Generic;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>What was asked of the server and not answered. It is asked again of the next one that is greeted.</summary>
    internal sealed class Requests
    {
        private const int Most = 256;  // what was asked before is given up

        private readonly List<Request> _unanswered = new List<Request>();

        public sealed class Request
        {
            public uint Ref;  // 0: it waits for a server
            public Npc Npc;  // null where it is about an avatar alone
            public string Avatar;
            public Message Message;

            public bool IsOpening
            {
                get { return Message is Open; }
            }
        }

        public void Add(Request request)
        {
            if (_unanswered.Count == Most)
            {
                _unanswered.RemoveAt(0);
            }
            _unanswered.Add(request);
        }

        /// <summary>The one that is answered by this number, which is then no more; null: none.</summary>
        public Request Answered(uint reference)
        {
            for (int i = 0; i < _unanswered.Count; i++)
            {
                Request request = _unanswered[i];
                if (request.Ref == reference && reference != 0)
                {
                    _unanswered.RemoveAt(i);
                    return request;
                }
            }
            return null;
        }

        /// <summary>Those to ask a new server; none is left. NPCs are opened by wish, and left by themselves.</summary>
        public List<Request> TakeAll()
        {
            var again = new List<Request>();
            foreach (Request request in _unanswered)
            {
                if (!(request.Message is Open || request.Message is Close))
                {
                    again.Add(request);
                }
            }
            _unanswered.Clear();
            return again;
        }

        /// <summary>An NPC that was left is asked nothing more.</summary>
        public void Forget(Npc npc)
        {
            _unanswered.RemoveAll(request => request.Npc == npc && !(request.Message is Close));
        }
    }

    /// <summary>The number of a request or an answer, wherever its message has it.</summary>
    internal static class Refs
    {
        public static void Set(Message request, uint reference)
        {
            if (request is OfSession ofSession)
            {
                ofSession.Ref = reference;
            }
            else if (request is OfAvatar ofAvatar)
            {
                ofAvatar.Ref = reference;
            }
            else if (request is Open open)
            {
                open.Ref = reference;
            }
        }

        /// <summary>0: it has none.</summary>
        public static uint Of(Message answer)
        {
            return answer is OfSession ofSession ? ofSession.Ref : answer is OfAvatar ofAvatar ? ofAvatar.Ref
                : answer is Opened opened ? opened.Ref : 0;
        }
    }
}
