using System;
using System.IO;
using Talkwire.Core;

namespace Talkwire.Client
{
    /// <summary>The sound of a RIFF WAVE file: 16 bits, of several channels the mean.</summary>
    public sealed class Wav
    {
        public readonly int SampleRateHz;
        public readonly short[] Samples;

        private Wav(int sampleRateHz, short[] samples)
        {
            SampleRateHz = sampleRateHz;
            Samples = samples;
        }

        /// <summary>Throws FormatException for what is no such file, IOException for what cannot be read.</summary>
        public static Wav Read(string path)
        {
            byte[] data = File.ReadAllBytes(path);
            if (data.Length < 12 || Word(data, 0) != "RIFF" || Word(data, 8) != "WAVE")
            {
                throw new FormatException(path + " is no WAV file");
            }
            int channels = 0, rateHz = 0;
            for (long at = 12; at + 8 <= data.Length;)
            {
                long size = BitConverter.ToUInt32(data, (int)at + 4), body = at + 8;
                string name = Word(data, (int)at);
                if (name == "fmt " && size >= 16 && body + 16 <= data.Length)
                {
                    channels = BitConverter.ToUInt16(data, (int)body + 2);
                    rateHz = (int)Math.Min(int.MaxValue, BitConverter.ToUInt32(data, (int)body + 4));
                    if (BitConverter.ToUInt16(data, (int)body + 14) != 16 || channels == 0)
                    {
                        throw new FormatException(path + " has no samples of 16 bits");
                    }
                }
                else if (name == "data" && channels > 0)
                {
                    if (rateHz < Limits.MinSampleRateHz || rateHz > Limits.MaxSampleRateHz)
                    {
                        throw new FormatException(path + " has " + rateHz + " samples a second");
                    }
                    return new Wav(rateHz, Mono(data, (int)body, (int)Math.Min(size, data.Length - body), channels));
                }
                at = body + size + size % 2;
            }
            throw new FormatException(path + " has no sound");
        }

        private static short[] Mono(byte[] data, int at, int size, int channels)
        {
            var samples = new short[size / 2 / channels];
            for (int i = 0; i < samples.Length; i++)
            {
                int sum = 0;
                for (int channel = 0; channel < channels; channel++)
                {
                    sum += BitConverter.ToInt16(data, at + 2 * (i * channels + channel));
                }
                samples[i] = (short)(sum / channels);
            }
            return samples;
        }

        private static string Word(byte[] data, int at)
        {
            return System.Text.Encoding.ASCII.GetString(data, at, 4);
        }
    }
}
