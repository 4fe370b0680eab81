using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Talkwire.Core.Wire;

namespace Talkwire.Core
{
    /// <summary>Recordings of a media stream (.twrec): every part with its arrival time, in one file that replays it.
    /// The 8 bytes `TWREC\x01\r\n`, of which the sixth is the format's version; then records: arrival time in ns
    /// (u64), length (u32), the part as it was on the wire. Integers little-endian.</summary>
    internal static class Recording
    {
        public const int HeadBytes = 12;  // of a record
        public const long MaxTimeNs = 1L << 62;  // 146 years; a clock that says more is damage
        public static readonly byte[] Magic = { (byte)'T', (byte)'W', (byte)'R', (byte)'E', (byte)'C', 1, 13, 10 };

        public static Problem Unreadable(string path, string seen)
        {
            return new Problem("protocol", path + " cannot be read", seen, "a file", "check the path");
        }

        public static Problem Unwritable(string path, Exception error)
        {
            return new Problem("link", path + " cannot be written", error.Message,
                "room in a folder that can be written", "free some space, or choose another file");
        }
    }

    /// <summary>Writes FILE.partial and renames it when it is closed in peace, so that FILE is whole or absent. For one
    /// thread.</summary>
    public sealed class Recorder
    {
        private readonly string _path, _partial;
        private readonly byte[] _head = new byte[Recording.HeadBytes];
        private readonly MessageCodec _codec = new MessageCodec();
        private readonly MsgPackWriter _writer = new MsgPackWriter();
        private readonly List<NamedTopic> _topics = new List<NamedTopic>();
        private FileStream _file;
        private Problem _problem;

        private struct NamedTopic
        {
            public string Session, Plane;
            public byte[] Topic;
        }

        private Recorder(string path)
        {
            _path = path;
            _partial = path + ".partial";
        }

        /// <summary>Begins a file. Returns null, or why it cannot be written; recorder is null then.</summary>
        public static Problem Create(string path, out Recorder recorder)
        {
            recorder = new Recorder(path);
            try
            {
                recorder._file = new FileStream(
                    recorder._partial, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
                recorder._file.Write(Recording.Magic, 0, Recording.Magic.Length);
                return null;
            }
            catch (Exception error)
            {
                recorder = null;
                return Recording.Unwritable(path, error);
            }
        }

        /// <summary>Appends a part as it was on the wire. Returns null, or what went wrong, now or before; nothing is
        /// left of the file then. What no reader would take is refused, and the file goes on.</summary>
        public Problem Write(Bytes part, long arrivedNs)
        {
            if (_file == null)
            {
                return _problem;
            }
            if (part.Count == 0 || part.Count > Limits.MaxMediaBytes || arrivedNs < 0 || arrivedNs >= Recording.MaxTimeNs)
            {
                return new Problem("protocol", "this cannot be recorded", part.Count + " bytes at " + arrivedNs + " ns",
                    "a part of a media socket", "write what arrives");
            }
            for (int i = 0; i < 8; i++)
            {
                _head[i] = (byte)(arrivedNs >> 8 * i);
            }
            for (int i = 0; i < 4; i++)
            {
                _head[8 + i] = (byte)(part.Count >> 8 * i);
            }
            try
            {
                _file.Write(_head, 0, _head.Length);
                _file.Write(part.Array, part.Offset, part.Count);
            }
            catch (Exception error)
            {
                Fail(error);
            }
            return _problem;
        }

        /// <summary>The same of a message.</summary>
        public Problem Write(string session, string plane, Message message, long arrivedNs)
        {
            _writer.Clear();
            _writer.Plain(TopicOf(session, plane));
            return _codec.Encode(message, _writer) ?? Write(_writer.Written, arrivedNs);
        }

        /// <summary>The file is whole now. Returns null, or what went wrong, now or before.</summary>
        public Problem Close()
        {
            if (_file == null)
            {
                return _problem;
            }
            try
            {
                _file.Flush(true);
                _file.Dispose();
                if (File.Exists(_path))
                {
                    File.Replace(_partial, _path, null);
                }
                else
                {
                    File.Move(_partial, _path);
                }
                _file = null;
            }
            catch (Exception error)
            {
                Fail(error);
            }
            return _problem;
        }

        /// <summary>No file is wanted any more.</summary>
        public void Abandon()
        {
            try
            {
                if (_file != null)
                {
                    _file.Dispose();
                }
            }
            catch (Exception)  // what was buffered does not fit either
            {
            }
            try
            {
                File.Delete(_partial);
            }
            catch (Exception)  // then it stays, and its name says what it is
            {
            }
            _file = null;
        }

        private void Fail(Exception error)
        {
            _problem = Recording.Unwritable(_path, error);
            Abandon();
        }

        private byte[] TopicOf(string session, string plane)
        {
            for (int i = 0; i < _topics.Count; i++)
            {
                if (_topics[i].Session == session && _topics[i].Plane == plane)
                {
                    return _topics[i].Topic;
                }
            }
            var named = new NamedTopic { Session = session, Plane = plane, Topic = Topic.Of(session, plane) };
            _topics.Add(named);
            return named.Topic;
        }
    }

    /// <summary>Reads a recording, part by part. No record makes it take more memory than the file has bytes.</summary>
    public sealed class RecordingReader : IDisposable
    {
        private readonly string _path;
        private readonly bool _recover;
        private readonly byte[] _head = new byte[Recording.HeadBytes];
        private byte[] _part = { };
        private FileStream _file;
        private long _left;

        private RecordingReader(string path, bool recover)
        {
            _path = path;
            _recover = recover;
        }

        /// <summary>Why it ended before the end of the file; null where it did not.</summary>
        public Problem Problem { get; private set; }

        /// <summary>Returns null, or why this is no recording; reader is null then.  recover: a cut or broken record
        /// is taken for the end.</summary>
        public static Problem Open(string path, bool recover, out RecordingReader reader)
        {
            reader = null;
            var opened = new RecordingReader(path, recover);
            var magic = new byte[Recording.Magic.Length];
            try
            {
                if (Directory.Exists(path))
                {
                    return Recording.Unreadable(path, "a folder");
                }
                long size = new FileInfo(path).Length;  // 0 of a pipe or a device, which would wait for a writer
                if (size >= magic.Length)
                {
                    opened._file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
                    opened._left = size - opened.Fill(magic, magic.Length);
                }
            }
            catch (Exception error)
            {
                opened.Dispose();
                return Recording.Unreadable(path, error.Message);
            }
            for (int i = 0; i < magic.Length; i++)
            {
                if (magic[i] != Recording.Magic[i])
                {
                    opened.Dispose();
                    return new Problem("protocol", path + " is not a recording of this version", Shown(magic),
                        Shown(Recording.Magic), "record one with: talkwire listen --record FILE");
                }
            }
            reader = opened;
            return null;
        }

        /// <summary>The next part, valid until the one after it is read. False at the end, or where Problem says why
        /// there is no further one.</summary>
        public bool Next(out Bytes part, out long arrivedNs)
        {
            part = default(Bytes);
            arrivedNs = 0;
            if (_left == 0 || _file == null || Problem != null)
            {
                return false;
            }
            try
            {
                if (ReadRecord(out part, out arrivedNs))
                {
                    return true;
                }
            }
            catch (Exception error)
            {
                Problem = Recording.Unreadable(_path, error.Message);
                return false;
            }
            Problem = _recover ? null : new Problem("protocol", _path + " is damaged", "a broken or cut record, with "
                + _left + " bytes left", "whole records up to the end",
                "play what is whole with: talkwire replay --recover, or record it again");
            _left = 0;
            return false;
        }

        public void Dispose()
        {
            if (_file != null)
            {
                _file.Dispose();
                _file = null;
            }
        }

        private bool ReadRecord(out Bytes part, out long arrivedNs)
        {
            part = default(Bytes);
            arrivedNs = 0;
            if (_left < _head.Length || Fill(_head, _head.Length) < _head.Length)
            {
                return false;
            }
            var head = new Bytes(_head);
            long length = head.U32(2), room = _left - _head.Length;
            arrivedNs = (long)head.U32(1) << 32 | head.U32(0);
            if (length == 0 || length > Limits.MaxMediaBytes || length > room
                || arrivedNs < 0 || arrivedNs >= Recording.MaxTimeNs)
            {
                return false;
            }
            long wanted = Math.Min(Math.Min(2 * length, room), Limits.MaxMediaBytes);
            _part = _part.Length >= length ? _part : new byte[wanted];
            if (Fill(_part, (int)length) < length)
            {
                return false;
            }
            part = new Bytes(_part, 0, (int)length);
            _left = room - length;
            return true;
        }

        /// <summary>How many bytes there were.</summary>
        private int Fill(byte[] into, int count)
        {
            int got = 0;
            for (int read = 1; read > 0 && got < count; got += read)
            {
                read = _file.Read(into, got, count - got);
            }
            return got;
        }

        private static string Shown(byte[] magic)
        {
            var shown = new StringBuilder();
            foreach (byte value in magic)
            {
                shown.Append(value >= 32 && value < 127 ? "" + (char)value : "\\x" + value.ToString("x2"));
            }
            return "'" + shown + "'";
        }
    }
}
