// Engine/Sound/USoundWave
#pragma once
#include "CoreMinimal.h"
class USoundWave : public UObject {
	SHIM_CLASS(USoundWave, UObject)
	FName GetRuntimeFormat() const { return FName(TEXT("PCM")); }
	void InitAudioResource(FName) {}
	const uint8* GetResourceData() const { return ShimBytes.data(); }
	int32 GetResourceSize() const { return int32(ShimBytes.size()); }
#if WITH_EDITOR
	bool GetImportedSoundWaveData(TArray<uint8>& Bytes, uint32& Rate, uint16& Channels) const {
		Bytes.Append(ShimBytes.data(), int32(ShimBytes.size()));
		Rate = 16000;
		Channels = 2;
		return !ShimBytes.empty();
	}
#endif
	std::vector<uint8> ShimBytes; // stereo, 16 bits, 16 kHz
};
