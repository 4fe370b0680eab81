using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>The mouth: an NPC's sound through the AudioSource of this object, with its volume, distance and
    /// mixer. Its sound is the clock of the picture.</summary>
    /// <remarks>The AudioSource plays a clip of ones, which Unity makes as loud in each channel as distance and
    /// direction say; the filter multiplies it by the voice. So a source without a clip of its own is placed in
    /// space.</remarks>
    [RequireComponent(typeof(AudioSource))]
    [AddComponentMenu("talkwire/Talkwire Voice")]
    [DisallowMultipleComponent]
    public sealed class TalkwireVoice : MonoBehaviour
    {
        private volatile PullSink _sink;
        private AudioSource _source;
        private AudioClip _ones;
        private float[] _sound = new float[0];

        /// <summary>From now on it says what this one has.</summary>
        internal void Speak(PullSink sink)
        {
            sink.Device(AudioSettings.outputSampleRate, LatencyS());
            _sink = sink;
        }

        internal void Silence(PullSink sink)
        {
            if (_sink == sink)
            {
                _sink = null;
            }
        }

        private void OnEnable()
        {
            AudioSettings.OnAudioConfigurationChanged += Changed;
            Play();
        }

        private void OnDisable()
        {
            AudioSettings.OnAudioConfigurationChanged -= Changed;
            _source.Stop();
            _source.clip = null;
            Destroy(_ones);
        }

        private void OnAudioFilterRead(float[] data, int channels)
        {
            PullSink sink = _sink;
            if (sink == null)
            {
                System.Array.Clear(data, 0, data.Length);
                return;
            }
            int frames = data.Length / channels;
            if (_sound.Length != frames)
            {
                _sound = new float[frames];  // once: blocks are all of one size
            }
            sink.Fill(_sound, 1, AudioSettings.dspTime, Clock.NowNs);
            for (int i = 0, at = 0; i < frames; i++)
            {
                for (int channel = 0; channel < channels; channel++)
                {
                    data[at++] *= _sound[i];
                }
            }
        }

        private void Play()
        {
            int hz = AudioSettings.outputSampleRate;
            var ones = new float[hz / 10];
            for (int i = 0; i < ones.Length; i++)
            {
                ones[i] = 1;
            }
            _ones = AudioClip.Create("talkwire", ones.Length, 1, hz, false);
            _ones.SetData(ones, 0);
            _source = GetComponent<AudioSource>();
            _source.clip = _ones;
            _source.loop = true;
            _source.Play();
        }

        // other headphones, another rate: Unity has stopped the source
        private void Changed(bool deviceWasChanged)
        {
            PullSink sink = _sink;
            if (sink != null)
            {
                sink.Device(AudioSettings.outputSampleRate, LatencyS());
            }
            Destroy(_ones);
            Play();
        }

        // what is mixed now is heard when the blocks before it have been played
        private static double LatencyS()
        {
            int length, count;
            AudioSettings.GetDSPBufferSize(out length, out count);
            return (double)length * count / AudioSettings.outputSampleRate;
        }
    }
}
