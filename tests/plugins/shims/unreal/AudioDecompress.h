// Engine/ICompressedAudioInfo, IAudioInfoFactoryRegistry, FSoundQualityInfo: a format that is not compressed
#pragma once
#include <cstring>
#include "CoreMinimal.h"
struct FSoundQualityInfo {
	uint32 SampleRate, NumChannels, SampleDataSize;
	float Duration;
};
class ICompressedAudioInfo {
public:
	virtual ~ICompressedAudioInfo() = default;
	virtual bool ReadCompressedInfo(const uint8* Data, uint32 Size, FSoundQualityInfo* Quality) {
		ShimData = Data;
		*Quality = {16000, 2, Size, 0.0f};
		return true;
	}
	virtual void ExpandFile(uint8* Out, FSoundQualityInfo* Quality) { std::memcpy(Out, ShimData, Quality->SampleDataSize); }
	const uint8* ShimData = nullptr;
};
struct IAudioInfoFactoryRegistry {
	static IAudioInfoFactoryRegistry& Get() { static IAudioInfoFactoryRegistry One; return One; }
	ICompressedAudioInfo* Create(FName) { return new ICompressedAudioInfo; }
};
