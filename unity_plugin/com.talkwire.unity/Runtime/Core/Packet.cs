using System;
using System.Collections.Generic;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>A media message with the memory that its bulk fields are views of. Whoever took it gives it back by
    /// Release, once, from any thread, and does not touch it after that.</summary>
    public sealed class Packet
    {
        private readonly Packets _home;
        internal byte[] Buffer = new byte[0];

        internal Packet(Packets home, Message message)
        {
            _home = home;
            Message = message;
        }

        public Message Message { get; private set; }
        public string Plane { get; internal set; }

        /// <summary>When it was received, by Clock.NowNs.</summary>
        public long ArrivedNs { get; internal set; }

        /// <summary>Bytes that it came in.</summary>
        public int Size { get; internal set; }

        /// <summary>For Player.Take: what the network's thread has made of a mesh, a basis, a texture; null for all
        /// others.</summary>
        public object Prepared { get; internal set; }

        /// <summary>Whether a newer one of its kind came before anybody took it; it holds nothing then.</summary>
        internal bool IsVoid
        {
            get { return Message == null; }
        }

        internal void Void()
        {
            Message = null;
            Prepared = null;
            Buffer = null;
        }

        public void Release()
        {
            Prepared = null;
            _home.Take(this);
        }
    }

    /// <summary>Packets that are used again, by kind of message: a stream that has run for a moment allocates nothing.
    /// Any thread.</summary>
    internal sealed class Packets
    {
        private const int MostKept = 128, BigBytes = 1024 * 1024;  // of a kind; a big one, such as a mesh, is not kept
        private const int Step = 4096;  // sizes are rounded up to it: delta8 frames all differ a little

        private readonly Stack<Packet>[] _free = new Stack<Packet>[Tags.Beyond];

        public Packet Give(int tag, int bytes)
        {
            Packet packet = null;
            lock (_free)
            {
                Stack<Packet> free = _free[tag] ?? (_free[tag] = new Stack<Packet>(MostKept));
                if (free.Count > 0)
                {
                    packet = free.Pop();
                }
            }
            packet = packet ?? new Packet(this, Tags.New(tag));
            if (packet.Buffer.Length < bytes)
            {
                packet.Buffer = new byte[(bytes + Step - 1) / Step * Step];
            }
            packet.Size = bytes;
            return packet;
        }

        public void Take(Packet packet)
        {
            if (packet.Buffer.Length > BigBytes)
            {
                return;
            }
            lock (_free)
            {
                Stack<Packet> free = _free[packet.Message.Tag];
                if (free.Count < MostKept)
                {
                    free.Push(packet);
                }
            }
        }
    }
}
