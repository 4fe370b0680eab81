using System;

namespace UnityEngine
{
    // docs.unity3d.com/ScriptReference/AudioClip.html
    public sealed class AudioClip : Object
    {
        public bool Compressed;  // of the imitation: its data cannot be had
        private float[] _data;

        public int samples { get; private set; }
        public int channels { get; private set; }
        public int frequency { get; private set; }
        public float length => samples / (float)frequency;

        public static AudioClip Create(string name, int lengthSamples, int channels, int frequency, bool stream)
        {
            return new AudioClip
            {
                name = name, samples = lengthSamples, channels = channels, frequency = frequency,
                _data = new float[lengthSamples * channels],
            };
        }

        public bool SetData(float[] data, int offsetSamples)
        {
            Array.Copy(data, 0, _data, offsetSamples * channels, data.Length);
            return true;
        }

        /// <summary>Fills all of data; beyond the end it begins anew.</summary>
        public bool GetData(float[] data, int offsetSamples)
        {
            for (int i = 0; i < data.Length && !Compressed; i++)
            {
                data[i] = _data[(offsetSamples * channels + i) % _data.Length];
            }
            return !Compressed;
        }
    }

    // docs.unity3d.com/ScriptReference/AudioSource.html
    public sealed class AudioSource : Behaviour
    {
        public AudioClip clip { get; set; }
        public bool loop { get; set; }
        public bool isPlaying { get; private set; }

        public void Play()
        {
            isPlaying = true;
        }

        public void Stop()
        {
            isPlaying = false;
        }
    }

    // docs.unity3d.com/ScriptReference/AudioListener.html
    public sealed class AudioListener : Behaviour
    {
        public static bool pause { get; set; }
    }

    // docs.unity3d.com/ScriptReference/AudioSettings.html
    public static class AudioSettings
    {
        public delegate void AudioConfigurationChangeHandler(bool deviceWasChanged);

        public static event AudioConfigurationChangeHandler OnAudioConfigurationChanged;

        public static int outputSampleRate { get; set; } = 48000;  // settable here alone
        public static double dspTime { get; set; }  // settable here alone

        public static void GetDSPBufferSize(out int bufferLength, out int numBuffers)
        {
            bufferLength = 1024;
            numBuffers = 4;
        }

        public static void Change(int rateHz)  // of the imitation
        {
            outputSampleRate = rateHz;
            if (OnAudioConfigurationChanged != null)
            {
                OnAudioConfigurationChanged(true);
            }
        }
    }
}
