// The sound of one NPC between the player, which writes it, and whoever takes it: the audio thread, or nobody.
#pragma once

#include <atomic>
#include <vector>

#include "CoreMinimal.h"
#include "Talkwire/PullSink.h"

/// The sound is the clock, so that it has to be taken: where the audio thread does not (a commandlet, the editor, a voice too
/// far away to be heard), Drain takes it in its place, by the game's clock. May outlive the component.
class FTalkwireSound
{
public:
	static constexpr int32 RateHz = 48000;

	talkwire::Sink& Sink() { return Pulled; }

	/// The audio thread's: Count mono samples. LatencyNs: from a block's request to the ear.
	void Pull(float* Out, int32 Count, int64 NowNs, int64 LatencyNs);
	/// The game thread's, every tick.
	void Drain(int64 NowNs);

private:
	static constexpr int64 MissedNs = 200'000'000; // since when nobody pulls
	static constexpr int64 FarNs = 60'000'000; // blocks that come so much off their time begin a new count
	static constexpr int32 MostSamples = RateHz / 4; // that are drained at once

	talkwire::PullSink Pulled{RateHz};
	std::atomic<int64> PulledNs{0}; // when the audio thread did last
	int64 HeardNs = 0; // the audio thread's: when its next block begins to be heard
	int64 DrainedNs = 0; // the game thread's: up to then it is taken
	std::vector<float> Drained = std::vector<float>(MostSamples);
};
