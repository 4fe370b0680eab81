// A sound wave's samples, which only the engine's own decoders can read.
#pragma once

#include <vector>

#include "CoreMinimal.h"

class ICompressedAudioInfo;
class USoundWave;

/// Read it on the game thread, where that is quick, decode it on any.
class FTalkwireWave
{
public:
	~FTalkwireWave();

	/// Null, and Why, for a wave that cannot be read.
	static TSharedPtr<FTalkwireWave> Read(USoundWave& Sound, FString& Why);
	void Decode();

	const std::vector<int16>& GetSamples() const { return Samples; } // mono
	uint32 GetRateHz() const { return RateHz; }

private:
	void Mix(const int16* Interleaved, std::size_t Count);

	std::vector<int16> Samples;
	uint32 RateHz = 0, Channels = 0;
	TArray<uint8> Bytes;
	uint32 PcmBytes = 0;
	ICompressedAudioInfo* Decoder = nullptr;
};
