using System;
using System.Collections.Generic;
using System.Text;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>Framing, against bytes written by hand: what libzmq sends, and what nobody should.</summary>
    public static class ZmtpTests
    {
        private const int Most = 1 << 20;

        public static void GreetsAtOnceAndSaysTheRestOnceItKnowsThatNoKeysAreWanted()
        {
            var zmtp = new Zmtp(ZmtpRole.Dealer, Most);
            byte[] first = Sent(zmtp);
            Check.Equal(11, first.Length, "bytes");
            Check.Equal(0xFF, (int)first[0]);
            Check.Equal(0x7F, (int)first[9]);
            Check.Equal(3, (int)first[10], "major");
            Give(zmtp, new Bytes(Greeting(1)).Slice(0, 63).ToArray());
            Check.Equal(0, Sent(zmtp).Length, "too early");
            Give(zmtp, new byte[1]);
            byte[] rest = Sent(zmtp);
            Check.Equal(1, (int)rest[0], "minor");
            Check.Equal("NULL", Text(new Bytes(rest), 1, 4));
            Check.Equal(4, (int)rest[53], "READY is a command");
        }

        public static void AServerThatWantsKeysIsNotTriedAgain()
        {
            var zmtp = new Zmtp(ZmtpRole.Dealer, Most);
            Sent(zmtp);
            Give(zmtp, Greeting(1, "CURVE"));
            Check.Equal("denied", zmtp.Failure.Code);
            Check.Equal(0, Sent(zmtp).Length, "bytes for it");
        }

        public static void SaysWhatItIsOnceItIsGreeted()
        {
            var zmtp = new Zmtp(ZmtpRole.Dealer, Most);
            Sent(zmtp);
            Give(zmtp, Greeting(1));
            string said = Text(new Bytes(Sent(zmtp)));
            Check.That(said.Contains("READY") && said.Contains("DEALER"), said);
            Check.That(!zmtp.Ready, "ready before the peer was");
            Give(zmtp, Ready("ROUTER"));
            Check.That(zmtp.Ready, "" + zmtp.Failure);
        }

        public static void MessagesArriveHoweverTheyAreCut()
        {
            byte[] big = new byte[300000];
            new Random(1).NextBytes(big);
            byte[] stream = Joined(Greeting(1), Ready("XPUB"), Frame(0, Ascii("first")), Command("PING", 0, 7, 1, 2),
                Frame(0, big), Frame(0, new byte[0]));
            foreach (int step in new[] { 1, 2, 7, 63, 64, 65, 1000, 65536, stream.Length })
            {
                var zmtp = new Zmtp(ZmtpRole.Sub, Most);
                List<byte[]> came = Give(zmtp, stream, step);
                Check.Equal(null, zmtp.Failure, "by " + step);
                Check.Equal(3, came.Count, "messages by " + step);
                Check.Equal("first", Text(new Bytes(came[0])));
                Check.That(Same(big, came[1]) && came[2].Length == 0, "by " + step);
            }
        }

        public static void SubscriptionsAreWhatThePeerUnderstands()
        {
            Check.Equal("04 0C 09 SUBSCRIBEab", Subscribed(1, true));
            Check.Equal("04 09 06 CANCELab", Subscribed(1, false));
            Check.Equal("00 03 01 ab", Subscribed(0, true));
            Check.Equal("00 03 00 ab", Subscribed(0, false));
        }

        public static void LongMessagesHaveALongHead()
        {
            Zmtp zmtp = Open(ZmtpRole.Dealer);
            var data = new byte[256];
            Check.That(zmtp.Send(data, 0, 255) && zmtp.Send(data, 0, 256), "sent");
            byte[] sent = Sent(zmtp);
            Check.Equal(2 + 255 + 9 + 256, sent.Length, "bytes");
            Check.Equal(2, (int)sent[257], "flags");
            Check.Equal(1, (int)sent[257 + 7], "length / 256");
        }

        public static void PingsAreAnsweredWithTheirContext()
        {
            Zmtp zmtp = Open(ZmtpRole.Sub);
            Give(zmtp, Command("PING", 0, 100, 8, 9));
            Check.Equal("04 07 04 PONG 08 09", Shown(Sent(zmtp)));
            Give(zmtp, Command("PING", 0, 100));
            Check.Equal("04 05 04 PONG", Shown(Sent(zmtp)));
            Give(zmtp, Command("NEWS", 1, 2));
            Check.Equal("", Shown(Sent(zmtp)), "a command that is not known is none of ours");
        }

        public static void WhatBreaksTheRulesIsRefused()
        {
            byte[] greeted = Joined(Greeting(1), Ready("ROUTER"));
            Refused("does not speak ZeroMQ", Ascii("HTTP/1.1 400 Bad Request\r\n\r\n"));
            Refused("too old", Joined(Ascii("\u00ff"), new byte[8], new byte[] { 0x7F, 1 }));
            Refused("wants keys", Greeting(1, "CURVE"));
            Refused("several parts", Joined(greeted, new byte[] { 1, 1, 0 }));
            Refused("breaks the framing", Joined(greeted, new byte[] { 8, 1, 0 }));
            Refused("breaks the framing", Joined(greeted, new byte[] { 5, 1, 0 }));
            Refused("too long", Joined(greeted, new byte[] { 2, 255, 255, 255, 255, 255, 255, 255, 255 }));
            Refused("too long", Joined(greeted, new byte[] { 2, 0, 0, 0, 0, 128, 0, 0, 0 }));
            Refused("too long", Joined(greeted, new byte[] { 6, 0, 0, 0, 0, 0, 0, 255, 255 }));
            Refused("before it has said who it is", Joined(Greeting(1), Frame(0, Ascii("hello"))));
            Refused("has not said who it is", Joined(Greeting(1), Command("PING", 0, 1)));
            Refused("PING makes no sense", Joined(greeted, Command("PING", 1)));
            Refused("PING makes no sense", Joined(greeted, Command("PING", new byte[19])));
            Refused("READY makes no sense", Joined(Greeting(1), Command("READY", 0)));
            Refused("READY makes no sense", Joined(Greeting(1), Command("READY", 200, 1)));
            Refused("READY makes no sense", Joined(Greeting(1), Command("READY", 1, 65, 255, 255, 255, 255)));
            Refused("another one of the server's", Joined(Greeting(1), Command("READY")));
            Refused("another one of the server's", Joined(Greeting(1), Ready("XPUB")));
            Refused("saw no room", Joined(Greeting(1), Command("ERROR", Joined(new byte[] { 7 }, Ascii("no room")))));
        }

        public static void MemoryIsTakenAsBytesComeNotAsTheyAreAnnounced()
        {
            var zmtp = new Zmtp(ZmtpRole.Sub, 32 << 20);
            Give(zmtp, Joined(Greeting(1), Ready("XPUB"), new byte[] { 2, 0, 0, 0, 0, 2, 0, 0, 0 }, new byte[1000]));
            Check.Equal(null, zmtp.Failure);
            Check.That(zmtp.Room().Array.Length < 256 * 1024, "took " + zmtp.Room().Array.Length);
        }

        public static void ItBeginsAnew()
        {
            Zmtp zmtp = Open(ZmtpRole.Dealer);
            Give(zmtp, new byte[] { 8, 0 });
            Check.That(zmtp.Failure != null, "refused");
            zmtp.Reset();
            Check.That(zmtp.Failure == null && !zmtp.Ready && zmtp.Out.Count == 11, "as new");
            Check.That(!zmtp.Send(new byte[1], 0, 1), "nobody is there");
        }

        public static void WhatNobodyTakesIsBounded()
        {
            Zmtp zmtp = Open(ZmtpRole.Dealer);
            var data = new byte[100000];
            int sent = 0;
            while (zmtp.Send(data, 0, data.Length))
            {
                sent++;
            }
            Check.That(sent > 10 && sent < 100, sent + " messages");
            for (int i = 0; i < 100000; i++)
            {
                Give(zmtp, Command("PING", 0, 1, 2, 3));
            }
            Check.That(zmtp.Out.Count <= 4 << 20, "waiting " + zmtp.Out.Count);
        }

        public static void AStreamAllocatesNothing()
        {
            Zmtp zmtp = Open(ZmtpRole.Sub);
            byte[] frame = Frame(0, new byte[115000]);
            Check.AllocatesNothing(() => Count(zmtp, frame));
        }

        public static void DamageIsRefusedOrHarmless()
        {
            var chance = new Random(7);
            byte[] good = Joined(Greeting(1), Ready("ROUTER"), Frame(0, new byte[20]), Command("PING", 0, 1, 2),
                Frame(0, new byte[300]));
            for (int round = 0; round < 20000; round++)
            {
                var bad = (byte[])good.Clone();
                for (int i = chance.Next(4); i >= 0; i--)
                {
                    bad[chance.Next(bad.Length)] = (byte)chance.Next(256);
                }
                var zmtp = new Zmtp(ZmtpRole.Dealer, 1000);
                foreach (byte[] message in Give(zmtp, bad, 1 + chance.Next(100)))
                {
                    Check.That(message.Length <= 1000, "" + message.Length);
                }
            }
        }

        private static int Count(Zmtp zmtp, byte[] stream)
        {
            int count = 0;
            for (int at = 0; at < stream.Length;)
            {
                Bytes room = zmtp.Room(), message;
                int step = Math.Min(room.Count, stream.Length - at);
                Buffer.BlockCopy(stream, at, room.Array, room.Offset, step);
                zmtp.Received(step);
                at += step;
                while (zmtp.Next(out message))
                {
                    count++;
                }
            }
            return count;
        }

        private static Zmtp Open(ZmtpRole role, int minor = 1)
        {
            var zmtp = new Zmtp(role, Most);
            Give(zmtp, Joined(Greeting(minor), Ready(role == ZmtpRole.Dealer ? "ROUTER" : "XPUB")));
            Check.That(zmtp.Ready, "" + zmtp.Failure);
            Sent(zmtp);
            return zmtp;
        }

        private static string Subscribed(int minor, bool wanted)
        {
            Zmtp zmtp = Open(ZmtpRole.Sub, minor);
            Check.That(zmtp.Subscribe(Ascii("ab"), wanted), "sent");
            return Shown(Sent(zmtp));
        }

        private static void Refused(string part, byte[] stream)
        {
            var zmtp = new Zmtp(ZmtpRole.Dealer, Most);
            Give(zmtp, stream);
            Check.Refused(zmtp.Failure, part);
            Check.Equal(0, Give(zmtp, Frame(0, new byte[3])).Count, "messages after it");
        }

        private static List<byte[]> Give(Zmtp zmtp, byte[] stream, int step = int.MaxValue)
        {
            var came = new List<byte[]>();
            for (int at = 0; at < stream.Length && zmtp.Failure == null;)
            {
                Bytes room = zmtp.Room(), message;
                int count = Math.Min(step, Math.Min(room.Count, stream.Length - at));
                Buffer.BlockCopy(stream, at, room.Array, room.Offset, count);
                zmtp.Received(count);
                at += count;
                while (zmtp.Next(out message))
                {
                    came.Add(message.ToArray());
                }
            }
            return came;
        }

        private static byte[] Sent(Zmtp zmtp)
        {
            byte[] sent = zmtp.Out.Waiting.ToArray();
            zmtp.Out.Took(sent.Length);
            return sent;
        }

        private static byte[] Greeting(int minor, string mechanism = "NULL")
        {
            var greeting = new byte[64];
            greeting[0] = 0xFF;
            greeting[9] = 0x7F;
            greeting[10] = 3;
            greeting[11] = (byte)minor;
            Ascii(mechanism).CopyTo(greeting, 12);
            return greeting;
        }

        private static byte[] Ready(string kind)
        {
            byte[] name = Ascii("Socket-Type"), identity = Ascii("Identity");
            return Command("READY", Joined(new[] { (byte)name.Length }, name, new byte[] { 0, 0, 0, (byte)kind.Length },
                Ascii(kind), new[] { (byte)identity.Length }, identity, new byte[4]));
        }

        private static byte[] Command(string name, params byte[] body)
        {
            return Frame(4, Joined(new[] { (byte)name.Length }, Ascii(name), body));
        }

        private static byte[] Frame(byte flags, byte[] body)
        {
            int length = body.Length;
            byte[] head = length < 256 ? new[] { flags, (byte)length }
                : new byte[]
                {
                    (byte)(flags | 2), 0, 0, 0, 0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length,
                };
            return Joined(head, body);
        }

        private static byte[] Joined(params byte[][] parts)
        {
            var all = new List<byte>();
            foreach (byte[] part in parts)
            {
                all.AddRange(part);
            }
            return all.ToArray();
        }

        private static byte[] Ascii(string text)
        {
            return Encoding.GetEncoding(28591).GetBytes(text);
        }

        private static string Text(Bytes bytes, int from = 0, int count = -1)
        {
            return Encoding.ASCII.GetString(bytes.Array, bytes.Offset + from, count < 0 ? bytes.Count - from : count);
        }

        private static bool Same(byte[] a, byte[] b)
        {
            bool same = a.Length == b.Length;
            for (int i = 0; same && i < a.Length; i++)
            {
                same = a[i] == b[i];
            }
            return same;
        }

        /// <summary>Letters as they are, other bytes as two digits between spaces.</summary>
        private static string Shown(byte[] bytes)
        {
            var text = new StringBuilder();
            bool letter = false;
            foreach (byte b in bytes)
            {
                bool now = b >= 'A' && b <= 'z';
                text.Append(text.Length > 0 && !(now && letter) ? " " : "").Append(now ? "" + (char)b : b.ToString("X2"));
                letter = now;
            }
            return text.ToString();
        }
    }
}
