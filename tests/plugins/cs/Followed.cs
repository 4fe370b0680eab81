using System;
using System.IO;
using Talkwire.Client;
using Talkwire.Core;

namespace Talkwire.Tests
{
    /// <summary>--run Followed GIVEN.json: the target of a jitter buffer after each of [[transit_ns, now_ns], ...],
    /// and what a tape of samples gives for [[count, speed], ...], as JSON.</summary>
    public static class Followed
    {
        public static int Run(string[] args)
        {
            Json given = Json.Parse(File.ReadAllText(args[0]));
            var buffer = new JitterBuffer();
            JsonWriter line = new JsonWriter().Open('{').Key("targets_ms").Open('[');
            foreach (Json frame in given["frames"].Items)
            {
                buffer.Arrived(frame[0].Long, frame[1].Long);
                line.Value(buffer.TargetMs);
            }
            line.Close(']').Key("heard").Open('[');
            var samples = new short[given["samples"].Count];
            for (int i = 0; i < samples.Length; i++)
            {
                samples[i] = (short)given["samples"][i].Int;
            }
            var tape = new Tape();
            tape.Write(samples, 0, samples.Length);
            foreach (Json read in given["reads"].Items)
            {
                var into = new float[read[0].Int];
                int got = tape.Read(into, into.Length, read[1].Double);
                for (int i = 0; i < got; i++)
                {
                    line.Value((double)into[i]);
                }
            }
            Console.WriteLine(line.Close(']').Key("position").Value(tape.Position).Close('}'));
            return 0;
        }
    }
}
