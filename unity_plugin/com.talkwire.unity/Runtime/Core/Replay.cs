namespace Talkwire.Core
{
    /// <summary>Plays what was recorded into a player, message by message, at the times of the recording or at later
    /// ones.</summary>
    public sealed class Replay
    {
        private readonly RecordingReader _reader;
        private readonly Player _player;
        private readonly string _session;
        private readonly MessageCodec _codec = new MessageCodec();
        private Media _next;
        private long _nextNs;
        private bool _has;

        /// <summary>session: of which NPC; null for all that there is.</summary>
        public Replay(RecordingReader reader, Player player, string session)
        {
            _reader = reader;
            _player = player;
            _session = session;
        }

        /// <summary>Why it ended before the end; null where it did not.</summary>
        public Problem Problem { get; private set; }

        /// <summary>Whether there is another message, and when it arrived, by the recording's clock.</summary>
        public bool Peek(out long arrivedNs)
        {
            while (!_has && Problem == null && Read())
            {
                _has = _session == null || _next.Session == _session;
            }
            arrivedNs = _nextNs;
            return _has;
        }

        /// <summary>Gives the player everything that has arrived by then. behindNs: added to the recording's clock it
        /// gives the player's.  Returns whether there is more.</summary>
        public bool Until(long nowNs, long behindNs)
        {
            long arrivedNs;
            while (Peek(out arrivedNs) && arrivedNs + behindNs <= nowNs)
            {
                Next(behindNs);
            }
            return _has;
        }

        /// <summary>Gives the player the next message, which there is, when it arrived.</summary>
        public void Next(long behindNs)
        {
            _player.Receive(_next.Message, _next.Plane, _nextNs + behindNs, behindNs);
            _has = false;
        }

        private bool Read()
        {
            Bytes part;
            if (!_reader.Next(out part, out _nextNs))
            {
                Problem = _reader.Problem;
                return false;
            }
            Problem = _codec.DecodeMedia(part, out _next);
            return Problem == null;
        }
    }
}
