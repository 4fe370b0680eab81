// Engine/Sound/ISoundGenerator, FSoundGeneratorInitParams
#pragma once
#include "CoreMinimal.h"
struct FSoundGeneratorInitParams {
	float SampleRate = 0.0f;
	int32 AudioMixerNumOutputFrames = 0;
	int32 NumChannels = 0;
	int32 NumFramesPerCallback = 0;
};
class ISoundGenerator {
public:
	virtual ~ISoundGenerator() = default;
	virtual int32 OnGenerateAudio(float* OutAudio, int32 NumSamples) = 0;
	virtual int32 GetDesiredNumSamplesToRenderPerCallback() const { return 1024; }
};
using ISoundGeneratorPtr = TSharedPtr<ISoundGenerator, ESPMode::ThreadSafe>;
