using System;

namespace Talkwire.Core
{
    /// <summary>A loudspeaker that asks for its sound on a thread of its own, such as an engine's audio callback:
    /// that thread calls Fill, the player's thread everything else. Sound is resampled to the device's rate; what is
    /// cut falls to nothing within 10 ms while the next begins beside it, and sound that ran out comes back as
    /// softly.</summary>
    public sealed class PullSink : ISink
    {
        private const double FadeS = 0.01;
        private const double Smooth = 0.02;  // of a device's clock, which is read late by a little each time
        private const double JumpNs = 0.1 * Ns.PerS;  // that is no lateness: the device stood still
        private const float Full = 32768;

        private readonly object _lock = new object();
        private readonly Tape _tape = new Tape();
        private int _deviceHz, _rateHz = 1;
        private double _latencyNs, _speed = 1, _deviceNs;  // _deviceNs: added to the device's time it gives ours
        private bool _deviceKnown, _dry, _wasDry;
        private long _before, _heard, _asked;  // _before: samples that were handed over before the last block,
        private double _beforeNs;  // whose first one is heard then
        private float[] _block = new float[2048], _tail = new float[512];
        private int _tailFrom, _tailTo;

        /// <summary>deviceHz: the rate at which the device asks.  latencyS: from there to the ear.</summary>
        public PullSink(int deviceHz, double latencyS)
        {
            Device(deviceHz, latencyS);
        }

        /// <summary>It is another one from now on.</summary>
        public void Device(int deviceHz, double latencyS)
        {
            lock (_lock)
            {
                _deviceHz = Math.Max(1, deviceHz);
                _latencyNs = Math.Max(0, latencyS) * Ns.PerS;
                _deviceKnown = false;
            }
        }

        /// <summary>How many values the device has asked for; where that stands still, nobody plays.</summary>
        public long Asked
        {
            get
            {
                lock (_lock)
                {
                    return _asked;
                }
            }
        }

        public void Start(int sampleRateHz, long nowNs)
        {
            lock (_lock)
            {
                Cut();
                _rateHz = sampleRateHz;
            }
        }

        public void Write(short[] samples, int offset, int count)
        {
            lock (_lock)
            {
                _tape.Write(samples, offset, count);
                _dry = false;
            }
        }

        /// <summary>Between two calls of Fill it goes by the clock; it never goes back.</summary>
        public long Heard(long nowNs)
        {
            lock (_lock)
            {
                _heard = At(nowNs);
                return _heard;
            }
        }

        /// <summary>What Heard will say at a moment soon after the last one, by what the device has taken.</summary>
        public long Expected(long thenNs)
        {
            lock (_lock)
            {
                return At(thenNs);
            }
        }

        /// <summary>The device asked for more than there was.</summary>
        public bool Dry(long nowNs)
        {
            lock (_lock)
            {
                return _dry;
            }
        }

        /// <summary>From the device's next block on.</summary>
        public void SetSpeed(double speed, long nowNs)
        {
            lock (_lock)
            {
                _speed = speed;
            }
        }

        public void Stop()
        {
            lock (_lock)
            {
                Cut();
            }
        }

        /// <summary>The device's thread: fills `data`, all channels alike, with values from -1 to 1.</summary>
        /// <param name="data">interleaved</param>
        /// <param name="channels">how many</param>
        /// <param name="deviceS">when the block is to be played, by the device's own clock; it may stand still
        /// between two blocks, such as AudioSettings.dspTime</param>
        /// <param name="nowNs">the clock that the player is asked by</param>
        public void Fill(float[] data, int channels, double deviceS, long nowNs)
        {
            lock (_lock)
            {
                int frames = data.Length / Math.Max(1, channels);
                double heardNs = ByOurClock(deviceS, nowNs) + _latencyNs;
                if (_block.Length < frames)
                {
                    _block = new float[frames];
                }
                long before = _tape.Position;
                int got = _tape.Read(_block, frames, Step);
                if (got > 0)
                {
                    _before = before;
                    _beforeNs = heardNs;
                }
                Soften(got, frames);
                Array.Clear(_block, got, frames - got);
                for (int i = 0; i < frames && _tailFrom < _tailTo; i++)
                {
                    _block[i] += _tail[_tailFrom++];
                }
                Spread(data, channels, frames);
                _asked += frames;
            }
        }

        /// <summary>The same for a device that tells no time: what it has asked for is its clock.</summary>
        public void Fill(float[] data, int channels, long nowNs)
        {
            Fill(data, channels, Asked / (double)_deviceHz, nowNs);
        }

        private long At(long nowNs)
        {
            double since = (nowNs - _beforeNs) / Ns.PerS * _rateHz * _speed;
            long heard = _before + (long)Math.Round(Math.Max(-1e9, Math.Min(1e9, since)));
            return Math.Max(_heard, Math.Min(_tape.Position, heard));
        }

        private double Step
        {
            get { return _rateHz == _deviceHz ? _speed : _speed * _rateHz / _deviceHz; }
        }

        private double ByOurClock(double deviceS, long nowNs)
        {
            double seenNs = nowNs - deviceS * Ns.PerS, late = seenNs - _deviceNs;
            bool known = _deviceKnown && Math.Abs(late) < JumpNs;
            _deviceNs = known ? _deviceNs + Smooth * late : seenNs;
            _deviceKnown = true;
            return deviceS * Ns.PerS + _deviceNs;
        }

        private void Cut()
        {
            if (_tape.Left > 0 && !_wasDry && _tape.Position > 0)
            {
                int count = (int)Math.Round(FadeS * _deviceHz);
                _tail = _tail.Length >= count ? _tail : new float[count];
                _tailFrom = 0;
                _tailTo = _tape.FadeOut(_tail, count, Step);
            }
            _tape.Clear();
            _speed = 1;
            _before = _heard = 0;
            _beforeNs = double.MaxValue;
            _dry = _wasDry = false;
        }

        /// <summary>Where sound ran out in the middle, and where it comes back.</summary>
        private void Soften(int got, int frames)
        {
            int edge = Math.Min(got, (int)Math.Round(FadeS * _deviceHz));
            if (_wasDry)
            {
                Tape.Ramp(_block, 0, edge, true);
            }
            bool isShort = got < frames && _tape.Position > 0;
            if (isShort)
            {
                Tape.Ramp(_block, got - edge, edge, false);
            }
            _dry = _wasDry = isShort;
        }

        private void Spread(float[] data, int channels, int frames)
        {
            int at = 0;
            for (int i = 0; i < frames; i++)
            {
                float value = Math.Max(-1f, Math.Min(1f, _block[i] / Full));
                for (int channel = 0; channel < channels; channel++)
                {
                    data[at++] = value;
                }
            }
        }
    }
}
