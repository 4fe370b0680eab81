#include "TalkwireSound.h"

#include <algorithm>

#include "Talkwire/Time.h"

/// The mixer asks for several blocks at once and then for none, while they are heard one after the other: each begins where
/// the last one ended, and only slowly where the clock says.
void FTalkwireSound::Pull(float* Out, int32 Count, int64 NowNs, int64 LatencyNs)
{
	const int64 OffNs = NowNs + LatencyNs - HeardNs;
	HeardNs += OffNs > FarNs || OffNs < -FarNs ? OffNs : OffNs / 64;
	Pulled.pull(Out, static_cast<std::size_t>(Count), HeardNs);
	HeardNs += int64(Count) * talkwire::NS_PER_S / RateHz;
	PulledNs = NowNs;
}

void FTalkwireSound::Drain(int64 NowNs)
{
	if (NowNs - PulledNs < MissedNs || DrainedNs == 0)
	{
		DrainedNs = NowNs;
		return;
	}
	const int64 Since = talkwire::samples_in(NowNs - DrainedNs, RateHz);
	const int32 Count = static_cast<int32>(std::clamp<int64>(Since, 0, MostSamples));
	const int64 BeganNs = Since > MostSamples ? NowNs - int64(Count) * talkwire::NS_PER_S / RateHz : DrainedNs;
	Pulled.pull(Drained.data(), static_cast<std::size_t>(Count), BeganNs);
	DrainedNs = BeganNs + int64(Count) * talkwire::NS_PER_S / RateHz;
}
