using System;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>Which messages may stand somewhere.</summary>
    [Flags]
    public enum Kinds
    {
        Requests = 1,
        Replies = 2,
        Media = 4,
    }

    /// <summary>One message of a media socket: whose, on which plane, what.</summary>
    public struct Media
    {
        public string Session, Plane;
        public Message Message;
    }

    /// <summary>How a message becomes bytes and comes back, with every check of PROTOCOL.md. It keeps one message
    /// of each kind and reads into it again and again, so that a stream of frames allocates nothing. For one
    /// thread.</summary>
    public sealed class MessageCodec
    {
        private readonly FieldReader _reader = new FieldReader();
        private readonly FieldWriter _writer = new FieldWriter();
        private readonly Message[] _kept = new Message[Tags.Beyond];

        /// <summary>Reads a control message. `message` is this codec's own, and valid until it reads the next one
        /// of that kind or the bytes change. Returns null, or what is wrong.</summary>
        public Problem Decode(Bytes data, Kinds expected, out Message message)
        {
            message = null;
            int tag;
            Problem problem = _reader.Begin(data, out tag);
            if (problem != null)
            {
                return problem;
            }
            if ((Tags.KindOf(tag) & expected) == 0)
            {
                return Misplaced(tag, "one of " + expected);
            }
            Message kept = _kept[tag] ?? (_kept[tag] = Tags.New(tag));
            problem = _reader.Read(kept);
            message = problem == null ? kept : null;
            return problem;
        }

        /// <summary>Reads a message of the kind of `into`, which keeps it. After a problem its fields mean
        /// nothing.</summary>
        public Problem Decode(Bytes data, Message into)
        {
            int tag;
            Problem problem = _reader.Begin(data, out tag);
            return problem ?? (tag == into.Tag ? _reader.Read(into) : Misplaced(tag, into.Name));
        }

        /// <summary>Reads a part of a media socket: topic, a zero byte, the message, which is of the plane's kind
        /// and, as above, this codec's own.</summary>
        public Problem DecodeMedia(Bytes part, out Media media)
        {
            media = default(Media);
            Topic topic;
            Problem problem = Topic.Split(part, out topic);
            if (problem != null)
            {
                return problem;
            }
            Message kept = _kept[topic.Tag] ?? (_kept[topic.Tag] = Tags.New(topic.Tag));
            problem = Decode(topic.Body, kept);
            if (problem == null)
            {
                media.Session = _reader.Cache.Take(topic.Session);
                media.Plane = topic.Plane;
                media.Message = kept;
            }
            return problem;
        }

        /// <summary>Appends the message. Where a field is wrong nothing is appended.</summary>
        public Problem Encode(Message message, MsgPackWriter into)
        {
            return _writer.Write(message, into);
        }

        private static Problem Misplaced(int tag, string wanted)
        {
            string name = Tags.KindOf(tag) == 0 ? "tag " + tag : Tags.New(tag).Name;
            return new Problem("protocol", "this message does not belong here", name, wanted, "see bridge/PROTOCOL.md");
        }
    }
}
