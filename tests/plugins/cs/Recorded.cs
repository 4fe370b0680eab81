using System;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>--run Recorded FILE: FILE.partial leads to a device that is full, of which one sentence is said.
    /// --run Recorded FROM TO: all that a recording holds, written again.</summary>
    public static class Recorded
    {
        public static int Run(string[] args)
        {
            return args.Length == 1 ? Full(args[0]) : Again(args[0], args[1]);
        }

        private static int Full(string path)
        {
            Recorder recorder;
            Check.Good(Recorder.Create(path, out recorder));
            Problem problem = null;
            for (int i = 0; i < 10000 && problem == null; i++)
            {
                problem = recorder.Write(new Bytes(new byte[1000]), 1);
            }
            Check.Equal(problem, recorder.Write(new Bytes(new byte[1]), 1));
            Check.Equal(problem, recorder.Close());
            Console.WriteLine(problem);
            return 0;
        }

        private static int Again(string from, string to)
        {
            RecordingReader reader;
            Recorder recorder;
            Check.Good(RecordingReader.Open(from, false, out reader));
            Check.Good(Recorder.Create(to, out recorder));
            Bytes part;
            long arrivedNs;
            while (reader.Next(out part, out arrivedNs))
            {
                Check.Good(recorder.Write(part, arrivedNs));
            }
            Check.Good(reader.Problem);
            Check.Good(recorder.Close());
            return 0;
        }
    }
}
