namespace Talkwire.Core
{
    /// <summary>Packets of one NPC that wait for the game: a bounded ring between two threads, locked for some
    /// instructions. Sound and events come before frames and patches.</summary>
    internal sealed class Inbox
    {
        private const long MostBytes = 64 * 1024 * 1024;  // of what must not be lost

        private readonly object _lock = new object();
        private readonly Ring _media = new Ring(Limits.MediaQueue), _motion = new Ring(Limits.MotionQueue);
        private readonly Packet[] _prepared = new Packet[Tags.Beyond];  // those that wait, by their tags
        private long _mediaBytes;

        /// <summary>Frames and patches that gave way to newer ones, as the game did not take them.</summary>
        public long Overtaken { get; private set; }

        /// <summary>Other messages that found no room: what waits is more than a minute, or 64 MiB.</summary>
        public long Lost { get; private set; }

        /// <summary>The network's thread: one more. Newest wins among frames, and of a mesh, a texture, a basis, which are
        /// sent again for others; else what waits wins.</summary>
        public void Put(Packet packet, bool motion)
        {
            Packet loser = null;
            lock (_lock)
            {
                if (motion)
                {
                    loser = _motion.IsFull ? _motion.Take() : null;
                    Overtaken += loser != null ? 1 : 0;
                    _motion.Add(packet);
                }
                else if (_media.IsFull || _mediaBytes + packet.Size > MostBytes)
                {
                    loser = packet;
                    Lost++;
                }
                else
                {
                    _media.Add(packet);
                    _mediaBytes += packet.Size;
                    Supersede(packet);
                }
            }
            if (loser != null)
            {
                loser.Release();
            }
        }

        /// <summary>The game: the next one, if there is one.</summary>
        public bool TryTake(out Packet packet)
        {
            lock (_lock)
            {
                while (_media.Count > 0)
                {
                    packet = _media.Take();
                    if (!packet.IsVoid)
                    {
                        _mediaBytes -= packet.Size;
                        _prepared[packet.Message.Tag] = null;
                        return true;
                    }
                }
                packet = _motion.Count > 0 ? _motion.Take() : null;
                return packet != null;
            }
        }

        private void Supersede(Packet packet)
        {
            if (packet.Prepared == null)
            {
                return;
            }
            Packet old = _prepared[packet.Message.Tag];
            if (old != null)
            {
                _mediaBytes -= old.Size;
                old.Void();
            }
            _prepared[packet.Message.Tag] = packet;
        }

        private sealed class Ring
        {
            private readonly int _most;
            private Packet[] _items = new Packet[64];
            private int _first;

            public Ring(int most)
            {
                _most = most;
            }

            public int Count { get; private set; }

            public bool IsFull
            {
                get { return Count == _most; }
            }

            public void Add(Packet packet)
            {
                if (Count == _items.Length)
                {
                    var grown = new Packet[2 * Count];
                    for (int i = 0; i < Count; i++)
                    {
                        grown[i] = _items[(_first + i) % Count];
                    }
                    _items = grown;
                    _first = 0;
                }
                _items[(_first + Count++) % _items.Length] = packet;
            }

            public Packet Take()
            {
                Packet packet = _items[_first];
                _items[_first] = null;
                _first = (_first + 1) % _items.Length;
                Count--;
                return packet;
            }
        }
    }
}
