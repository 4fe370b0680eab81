using System;
using System.Collections.Generic;
using System.IO;
using Talkwire.Core;
using Talkwire.Core.Wire;

namespace Talkwire.Tests
{
    /// <summary>Recordings replay what arrived, are whole or absent, and say where they are damaged.</summary>
    public static class RecordingTests
    {
        public static void What_was_recorded_is_read()
        {
            InFolder(folder =>
            {
                string path = Path.Combine(folder, "a.twrec");
                List<Bytes> parts = Record(path);
                Check.Equal(parts.Count, Read(path, false, parts));
                Check.Equal(1, Directory.GetFiles(folder).Length);
                Record(path);  // an older file gives way
                Check.Equal(parts.Count, Read(path, false, parts));
                Recorder recorder;
                Check.Good(Recorder.Create(path, out recorder));
                Check.Good(recorder.Write(parts[0], 1));
                recorder.Abandon();
                Check.Equal(parts.Count, Read(path, false, parts), "the older one is still there");
                Check.Equal(1, Directory.GetFiles(folder).Length);
            });
        }

        public static void What_no_reader_would_take_is_not_written()
        {
            InFolder(folder =>
            {
                string path = Path.Combine(folder, "a.twrec");
                Recorder recorder;
                Check.Good(Recorder.Create(path, out recorder));
                Bytes part = Vector.Bytes("media_audio");
                Check.Good(recorder.Write(part, 1000));
                Check.Refused(recorder.Write(new Bytes(new byte[0]), 2), "cannot be recorded");
                Check.Refused(recorder.Write(new Bytes(new byte[Limits.MaxMediaBytes + 1]), 3), "cannot be recorded");
                Check.Refused(recorder.Write(part, -1), "cannot be recorded");
                Check.Good(recorder.Write(part, 1001));
                Check.Good(recorder.Close());
                Check.Equal(2, Read(path, false, new List<Bytes> { part, part }));
            });
        }

        public static void A_message_is_recorded_as_it_was_on_the_wire()
        {
            InFolder(folder =>
            {
                string path = Path.Combine(folder, "a.twrec");
                Recorder recorder;
                Check.Good(Recorder.Create(path, out recorder));
                var codec = new MessageCodec();
                var parts = new List<Bytes>();
                foreach (string name in Vector.Names())
                {
                    Media media;
                    Bytes part = Vector.Bytes(name);
                    if (name.StartsWith("media_") && codec.DecodeMedia(part, out media) == null)
                    {
                        Check.Good(recorder.Write(media.Session, media.Plane, media.Message, 1000 + parts.Count));
                        parts.Add(part);
                    }
                }
                Check.Good(recorder.Close());
                Check.Good(recorder.Close());
                Check.Equal(parts.Count, Read(path, false, parts));
            });
        }

        public static void Every_truncation_is_refused_or_ends_between_two_records()
        {
            InFolder(folder =>
            {
                string path = Path.Combine(folder, "a.twrec"), cutPath = Path.Combine(folder, "b.twrec");
                List<Bytes> parts = Record(path, 120);
                byte[] data = File.ReadAllBytes(path);
                int whole = 0;
                for (int cut = 0; cut < data.Length; cut++)
                {
                    using (FileStream file = File.Create(cutPath))
                    {
                        file.Write(data, 0, cut);
                    }
                    RecordingReader reader;
                    Problem problem = RecordingReader.Open(cutPath, false, out reader);
                    if (problem != null)
                    {
                        Check.That(cut < 8 && reader == null, "" + problem);
                        Check.Refused(problem, "is not a recording of this version");
                        continue;
                    }
                    int seen = ReadAll(reader, parts);
                    whole += reader.Problem == null ? 1 : 0;
                    string said = "" + reader.Problem;
                    Check.That(said == "" || said.Contains("is damaged"), said);
                    reader.Dispose();
                    Check.Equal(seen, Read(cutPath, true, parts), "recovered");
                }
                Check.Equal(parts.Count, whole);
            });
        }

        public static void Damage_is_refused_and_takes_no_memory()
        {
            InFolder(folder =>
            {
                string path = Path.Combine(folder, "a.twrec");
                Record(path);
                byte[] data = File.ReadAllBytes(path);
                foreach (int at in new[] { 15, 16, 17, 18, 19 })  // the highest byte of a time; a length
                {
                    byte[] wrong = (byte[])data.Clone();
                    wrong[at] = 0xff;
                    File.WriteAllBytes(path, wrong);
                    RecordingReader reader;
                    Check.Good(RecordingReader.Open(path, false, out reader));
                    long before = GC.GetTotalMemory(true);
                    Check.That(ReadAll(reader, null) <= (at == 16 ? 1 : 0), "what is broken was read");
                    long taken = GC.GetTotalMemory(false) - before;
                    Check.That(taken < 2 * data.Length + 100000, "memory for what is not there");
                    Check.Refused(reader.Problem, "is damaged");
                    Bytes part;
                    long arrivedNs;
                    Check.That(!reader.Next(out part, out arrivedNs), "it goes on");
                    reader.Dispose();
                }
            });
        }

        public static void What_is_no_recording_is_refused()
        {
            InFolder(folder =>
            {
                RecordingReader reader;
                string path = Path.Combine(folder, "x");
                File.WriteAllText(path, "RIFF1234WAVE");
                Check.Refused(RecordingReader.Open(path, false, out reader),
                    "saw 'RIFF1234', wanted 'TWREC\\x01\\x0d\\x0a'");
                File.WriteAllText(path, "");
                Check.Refused(RecordingReader.Open(path, false, out reader), "is not a recording of this version");
                Check.Refused(RecordingReader.Open(folder, false, out reader), "cannot be read: saw a folder");
                path = Path.Combine(folder, "nowhere");
                Check.Refused(RecordingReader.Open(path, false, out reader), "cannot be read");
                Check.Refused(RecordingReader.Open("", false, out reader), "cannot be read");
                Check.Refused(RecordingReader.Open("a\0b", false, out reader), "cannot be read");
                if (File.Exists("/dev/zero"))
                {
                    Check.Refused(RecordingReader.Open("/dev/zero", false, out reader), "is not a recording of");
                }
                Check.That(reader == null, "a reader of nothing");
                Recorder recorder;
                Check.Refused(Recorder.Create(Path.Combine(folder, "no", "x"), out recorder), "cannot be written");
                Check.That(recorder == null, "a recorder to nowhere");
            });
        }

        public static void A_message_that_makes_no_sense_ends_a_replay()
        {
            InFolder(folder =>
            {
                string path = Path.Combine(folder, "a.twrec");
                Recorder recorder;
                Check.Good(Recorder.Create(path, out recorder));
                recorder.Write(Vector.Bytes("media_mesh"), 1);
                recorder.Write(Vector.Bytes("media_frame_q16").Slice(0, 40), 2);
                recorder.Write(Vector.Bytes("media_mesh"), 3);
                Check.Good(recorder.Close());
                RecordingReader reader;
                Check.Good(RecordingReader.Open(path, false, out reader));
                var player = new Player(new SilentSink());
                var replay = new Replay(reader, player, "nova");
                Check.That(!replay.Until(10, 0), "it goes on");
                Check.Refused(replay.Problem, "these bytes are not a talkwire message");
                Check.Equal(4, player.Head.VertexCount);
                reader.Dispose();
            });
        }

        public static void A_replay_is_of_the_npc_that_was_asked_for_and_waits_for_its_time()
        {
            InFolder(folder =>
            {
                string path = Path.Combine(folder, "a.twrec");
                Record(path);
                foreach (string session in new[] { null, "nova", "another" })
                {
                    RecordingReader reader;
                    Check.Good(RecordingReader.Open(path, false, out reader));
                    var player = new Player(new SilentSink());
                    var replay = new Replay(reader, player, session);
                    Check.Equal(session != "another", replay.Until(5 + 1000 - 1, 5), "more");
                    Check.That(player.Head == null, "before its time");
                    Check.That(!replay.Until(5 + 1000 + 100, 5), "more than all");
                    Check.Good(replay.Problem);
                    Check.Equal(session != "another", player.Head != null);
                    reader.Dispose();
                }
            });
        }

        public static void Recording_allocates_nothing()
        {
            InFolder(folder =>
            {
                Recorder recorder;
                Check.Good(Recorder.Create(Path.Combine(folder, "a.twrec"), out recorder));
                var frame = Vector.Media<Frame>("frame_q16");
                Bytes part = Vector.Bytes("media_audio");
                Check.AllocatesNothing(() =>
                {
                    recorder.Write("nova", Topic.Q16, frame, 1);
                    recorder.Write(part, 2);
                });
                Check.Good(recorder.Close());
            });
        }

        /// <summary>The vectors that are at most so long.</summary>
        private static List<Bytes> Record(string path, int most = int.MaxValue)
        {
            var parts = new List<Bytes>();
            Recorder recorder;
            Check.Good(Recorder.Create(path, out recorder));
            foreach (string name in Vector.Names())
            {
                Bytes part = Vector.Bytes(name);
                if (name.StartsWith("media_") && part.Count <= most)
                {
                    Check.Good(recorder.Write(part, 1000 + parts.Count));
                    parts.Add(part);
                }
            }
            Check.That(File.Exists(path + ".partial"), "not before it is whole");
            Check.Good(recorder.Close());
            return parts;
        }

        private static int Read(string path, bool recover, List<Bytes> parts)
        {
            RecordingReader reader;
            Check.Good(RecordingReader.Open(path, recover, out reader));
            int seen = ReadAll(reader, parts);
            Check.Good(reader.Problem);
            reader.Dispose();
            return seen;
        }

        private static int ReadAll(RecordingReader reader, List<Bytes> parts)
        {
            Bytes part;
            long arrivedNs;
            int seen = 0;
            for (; reader.Next(out part, out arrivedNs); seen++)
            {
                if (parts == null)
                {
                    continue;
                }
                Check.Equal(1000L + seen, arrivedNs);
                Check.Equal(parts[seen].Count, part.Count);
                for (int i = 0; i < part.Count; i++)
                {
                    Check.That(part[i] == parts[seen][i], "byte " + i + " of " + seen);
                }
            }
            return seen;
        }

        private static void InFolder(Action<string> action)
        {
            string folder = Path.Combine(Path.GetTempPath(), "talkwire-" + Guid.NewGuid());
            Directory.CreateDirectory(folder);
            try
            {
                action(folder);
            }
            finally
            {
                Directory.Delete(folder, true);
            }
        }
    }
}
