using System;
using Talkwire.Core;
using UnityEngine;

namespace Talkwire
{
    /// <summary>Sound through a TalkwireVoice while one plays, else the clock of a perfect loudspeaker: a face whose
    /// voice is muted, far away or in edit mode goes on.</summary>
    internal sealed class VoiceSink : ISink
    {
        private const long RecentNs = 300000000, PatienceNs = 500000000;  // a device asks every 5 to 50 ms

        private readonly PullSink _pull = new PullSink(48000, 0);
        private readonly SilentSink _silent = new SilentSink();
        private TalkwireVoice _voice;
        private bool _aloud;
        private int _rateHz = 1;
        private long _asked, _written, _base;  // _base: heard aloud before it went on in silence
        private long _askedNs = -PatienceNs;

        /// <summary>Whether sound goes to a device.</summary>
        public bool IsAloud
        {
            get { return _aloud; }
        }

        /// <summary>voice: whose device is used from now on; null: none.</summary>
        public void Step(TalkwireVoice voice, long nowNs)
        {
            if (voice != _voice)
            {
                Forget(_voice);
                _voice = voice;
                if (voice != null)
                {
                    voice.Speak(_pull);
                }
            }
            long asked = _pull.Asked;
            if (asked != _asked || AudioListener.pause)
            {
                _asked = asked;
                _askedNs = nowNs;
            }
            else if (_aloud && nowNs - _askedNs > PatienceNs)
            {
                GoOnInSilence(nowNs);
            }
        }

        /// <summary>How much sound is heard in the next so many ms: less, before a line's first sample and at its end;
        /// none between lines.</summary>
        public double ComingMs(double ms, long nowNs)
        {
            if (!_aloud || _written == 0)
            {
                return _written == 0 ? 0 : ms;
            }
            long coming = _pull.Expected(nowNs + (long)(ms * 1e6)) - _pull.Heard(nowNs);
            return Math.Min(ms, coming * 1e3 / _rateHz);
        }

        public void Forget(TalkwireVoice voice)
        {
            if (!ReferenceEquals(voice, null) && ReferenceEquals(voice, _voice))
            {
                voice.Silence(_pull);
                _voice = null;
            }
        }

        public void Start(int sampleRateHz, long nowNs)
        {
            _rateHz = sampleRateHz;
            _written = _base = 0;
            _aloud = _voice != null && nowNs - _askedNs < RecentNs;
            _pull.Start(sampleRateHz, nowNs);
            _silent.Start(sampleRateHz, nowNs);
        }

        public void Write(short[] samples, int offset, int count)
        {
            _written += count;
            (_aloud ? (ISink)_pull : _silent).Write(samples, offset, count);
        }

        public long Heard(long nowNs)
        {
            return _aloud ? _pull.Heard(nowNs) : _base + _silent.Heard(nowNs);
        }

        public bool Dry(long nowNs)
        {
            return _aloud ? _pull.Dry(nowNs) : _silent.Dry(nowNs);
        }

        public void SetSpeed(double speed, long nowNs)
        {
            _pull.SetSpeed(speed, nowNs);
            _silent.SetSpeed(speed, nowNs);
        }

        public void Stop()
        {
            _pull.Stop();
            _silent.Stop();
            _written = _base = 0;
        }

        private void GoOnInSilence(long nowNs)
        {
            _base = _pull.Heard(nowNs);
            double speed = _silent.Speed;
            _pull.Stop();
            _silent.Start(_rateHz, nowNs);
            _silent.SetSpeed(speed, nowNs);
            _silent.Write(null, 0, (int)(_written - _base));
            _aloud = false;
        }
    }
}
