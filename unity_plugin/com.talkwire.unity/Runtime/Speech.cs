using System;
using System.Collections.Generic;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>What a component says: clips, and a line whose sound is made while it is spoken. A line keeps a
    /// minute; the rest of a longer clip is read when there is room.</summary>
    internal sealed class Speech
    {
        private const float BlockS = 2;

        private readonly List<Reading> _readings = new List<Reading>();
        private Line _live;

        private sealed class Reading
        {
            public AudioClip Clip;
            public Line Line;
            public int Next;  // frame of the clip
            public float[] Block;  // interleaved
            public float[] Mono;
            public int MonoFrom, MonoTo;
        }

        /// <summary>Null, and why.</summary>
        public Line Say(TalkwireStream stream, AudioClip clip, out string trouble)
        {
            trouble = stream == null ? "it is not enabled, or has no server"
                : clip == null ? "there is no clip"
                : clip.samples == 0 ? clip.name + " is empty" : null;
            if (trouble != null)
            {
                return null;
            }
            int frames = Math.Min(clip.samples, (int)Math.Ceiling(BlockS * clip.frequency));
            var reading = new Reading
            {
                Clip = clip, Block = new float[frames * clip.channels], Mono = new float[frames],
            };
            if (!Read(reading))
            {
                trouble = clip.name + " cannot be read: set its Load Type to Decompress On Load";
                return null;
            }
            EndLine();
            reading.Line = stream.Npc.Say(clip.frequency);
            if (reading.Line == null)
            {
                trouble = "a clip of " + clip.frequency + " Hz, or more lines than the network's thread takes";
                return null;
            }
            stream.Said.Add(reading.Line);
            _readings.Add(reading);
            Step();
            return reading.Line;
        }

        /// <summary>How many were taken.</summary>
        public int Push(TalkwireStream stream, float[] samples, int offset, int count, int sampleRateHz)
        {
            if (stream == null)
            {
                return 0;
            }
            if (_live != null && (_live.Over || _live.SampleRateHz != sampleRateHz))
            {
                EndLine();
            }
            if (_live == null && (_live = stream.Npc.Say(sampleRateHz)) != null)
            {
                stream.Said.Add(_live);
            }
            return _live == null ? 0 : _live.Push(samples, offset, count);
        }

        public void EndLine()
        {
            if (_live != null)
            {
                _live.End();
                _live = null;
            }
        }

        /// <summary>Nothing more is said of what was begun.</summary>
        public void Forget()
        {
            for (int i = 0; i < _readings.Count; i++)
            {
                _readings[i].Line.End();
            }
            _readings.Clear();
            EndLine();
        }

        /// <summary>More of what had no room.</summary>
        public void Step()
        {
            for (int i = _readings.Count - 1; i >= 0; i--)
            {
                if (IsWhole(_readings[i]))
                {
                    _readings[i].Line.End();
                    _readings.RemoveAt(i);
                }
            }
        }

        /// <summary>Pushes until the line has no room.</summary>
        private static bool IsWhole(Reading reading)
        {
            while (!reading.Line.Over)
            {
                int left = reading.MonoTo - reading.MonoFrom;
                reading.MonoFrom += reading.Line.Push(reading.Mono, reading.MonoFrom, left);
                if (reading.MonoFrom < reading.MonoTo)
                {
                    return false;
                }
                if (reading.Clip == null || reading.Next >= reading.Clip.samples || !Read(reading))
                {
                    return true;
                }
            }
            return true;
        }

        /// <summary>The next block of the clip, as one channel.</summary>
        private static bool Read(Reading reading)
        {
            int channels = reading.Clip.channels;
            if (!reading.Clip.GetData(reading.Block, reading.Next))
            {
                return false;
            }
            reading.MonoFrom = 0;
            reading.MonoTo = Math.Min(reading.Mono.Length, reading.Clip.samples - reading.Next);
            for (int i = 0, at = 0; i < reading.MonoTo; i++)
            {
                float sum = 0;
                for (int channel = 0; channel < channels; channel++)
                {
                    sum += reading.Block[at++];
                }
                reading.Mono[i] = sum / channels;
            }
            reading.Next += reading.MonoTo;
            return true;
        }
    }
}
