using System;
using System.Collections.Generic;
using System.Threading;
using Talkwire.Core;
using Unity.Jobs;
using UnityEngine;

namespace Talkwire.Tests
{
    /// <summary>Unity's player loop in little: Update and LateUpdate of what runs, 60 times a second, and an audio
    /// thread that asks every playing source for 1024 samples at a time. What our scripts take of a tick is
    /// measured.</summary>
    public sealed class PlayerLoop : IDisposable
    {
        private const int TickHz = 60, BlockFrames = 1024, Channels = 2;

        public readonly Core.Samples TicksMs = new Core.Samples(), LateUpdatesMs = new Core.Samples();
        public double LongestMs;
        public long Ticks, Bytes;
        public volatile float Loudest;
        private readonly Thread _audio;
        private readonly List<MonoBehaviour> _running = new List<MonoBehaviour>();
        private volatile Action<float[], int>[] _filters = { };
        private volatile bool _stopping, _muted;
        private int _known;

        public PlayerLoop(bool playing = true)
        {
            Application.isPlaying = playing;
            _audio = new Thread(Mix) { IsBackground = true };
            _audio.Start();
        }

        /// <summary>What a tick took.</summary>
        public string Ticked
        {
            get
            {
                return "ticks " + Ticks + " p50 " + TicksMs.Percentile(0.5) + " p99 " + TicksMs.Percentile(0.99)
                    + " longest " + LongestMs + " ms";
            }
        }

        /// <summary>The device has gone, and its thread asks nobody.</summary>
        public bool Muted
        {
            set { _muted = value; }
        }

        /// <summary>Until it is so; whether it was, within that time.</summary>
        public bool Run(double mostS, Func<bool> until)
        {
            long startNs = Clock.NowNs, ticks = 0;
            while (Clock.NowNs - startNs < mostS * 1e9)
            {
                if (until != null && until())
                {
                    return true;
                }
                Tick();
                long waitNs = startNs + ++ticks * 1000000000 / TickHz - Clock.NowNs;
                Thread.Sleep((int)Math.Max(1, waitNs / 1000000));
            }
            return until == null;
        }

        public void Run(double seconds)
        {
            Run(seconds, null);
        }

        public void Tick()
        {
            Find();
            long beganBytes = OurBytes(), beganNs = Clock.NowNs;
            for (int i = 0; i < _running.Count; i++)
            {
                if (_running[i] != null && _running[i].isActiveAndEnabled)
                {
                    Messages.Send(_running[i], "Update");
                }
            }
            long lateNs = Clock.NowNs;
            for (int i = 0; i < _running.Count; i++)
            {
                if (_running[i] != null && _running[i].isActiveAndEnabled)
                {
                    Messages.Send(_running[i], "LateUpdate");
                }
            }
            long endedNs = Clock.NowNs;
            double tookMs = (endedNs - beganNs) / 1e6;
            LateUpdatesMs.Add((endedNs - lateNs) / 1e6);
            Bytes += OurBytes() - beganBytes;
            TicksMs.Add(tookMs);
            LongestMs = Math.Max(LongestMs, tookMs);
            Ticks++;
        }

        public void Dispose()
        {
            _stopping = true;
            _audio.Join(1000);
        }

        private static long OurBytes()
        {
            return GC.GetAllocatedBytesForCurrentThread() - IJobParallelForExtensions.Bytes;
        }

        /// <summary>What has been made or removed since the last tick.</summary>
        private void Find()
        {
            int known = 0;
            foreach (GameObject one in GameObject.All)
            {
                known += one.Components.Count * 31 + (one.activeInHierarchy ? 7 : 0);
            }
            if (known == _known)
            {
                return;
            }
            _known = known;
            _running.Clear();
            var filters = new List<Action<float[], int>>();
            foreach (GameObject one in GameObject.All)
            {
                foreach (Component component in one.Components)
                {
                    var behaviour = component as MonoBehaviour;
                    if (behaviour == null || !Messages.Runs(behaviour))
                    {
                        continue;
                    }
                    _running.Add(behaviour);
                    if (behaviour is TalkwireVoice)
                    {
                        filters.Add((Action<float[], int>)Delegate.CreateDelegate(typeof(Action<float[], int>),
                            behaviour, "OnAudioFilterRead"));
                    }
                }
            }
            _filters = filters.ToArray();
        }

        private void Mix()
        {
            var data = new float[BlockFrames * Channels];
            long blocks = 0, startNs = Clock.NowNs;
            while (!_stopping)
            {
                foreach (Action<float[], int> filter in _filters)
                {
                    var voice = (TalkwireVoice)filter.Target;
                    AudioSource source = voice.GetComponent<AudioSource>();
                    if (_muted || AudioListener.pause || !voice.isActiveAndEnabled || !source.isPlaying)
                    {
                        continue;
                    }
                    for (int i = 0; i < data.Length; i++)
                    {
                        data[i] = i % 2 == 0 ? 0.5f : 0.25f;  // ones, as distance and direction make them
                    }
                    filter(data, Channels);
                    for (int i = 0; i < data.Length; i += 2)
                    {
                        Loudest = Math.Max(Loudest, Math.Abs(data[i]));
                        if (Math.Abs(data[i] - 2 * data[i + 1]) > 1e-6f)
                        {
                            Loudest = float.NaN;  // its place in space is lost
                        }
                    }
                }
                blocks++;
                AudioSettings.dspTime = blocks * BlockFrames / (double)AudioSettings.outputSampleRate;
                long waitNs = startNs
                    + blocks * BlockFrames * 1000000000L / AudioSettings.outputSampleRate - Clock.NowNs;
                Thread.Sleep((int)Math.Max(1, waitNs / 1000000));
            }
        }
    }
}
