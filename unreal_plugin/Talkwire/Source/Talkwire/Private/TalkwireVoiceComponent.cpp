#include "TalkwireVoiceComponent.h"

#include "Sound/SoundGenerator.h"
#include "Talkwire/Link.h"
#include "TalkwireSettings.h"
#include "TalkwireSound.h"

namespace
{

/// The audio thread's. It has no UObject, which the game thread may destroy at any time.
class FTalkwireGenerator : public ISoundGenerator
{
public:
	FTalkwireGenerator(const TSharedRef<FTalkwireSound, ESPMode::ThreadSafe>& InSound, int64 InLatencyNs)
		: Sound(InSound), LatencyNs(InLatencyNs)
	{
	}

	virtual int32 OnGenerateAudio(float* OutAudio, int32 NumSamples) override
	{
		Sound->Pull(OutAudio, NumSamples, talkwire::clock_ns(), LatencyNs);
		return NumSamples;
	}

	virtual int32 GetDesiredNumSamplesToRenderPerCallback() const override { return 512; }

private:
	const TSharedRef<FTalkwireSound, ESPMode::ThreadSafe> Sound;
	const int64 LatencyNs;
};

} // namespace

UTalkwireVoiceComponent::UTalkwireVoiceComponent(const FObjectInitializer& ObjectInitializer) : Super(ObjectInitializer)
{
	NumChannels = 1;
	bAutoActivate = false; // Play does
}

void UTalkwireVoiceComponent::Play(const TSharedRef<FTalkwireSound, ESPMode::ThreadSafe>& InSound)
{
	Stop(); // its generator has another one's sound
	Sound = InSound;
	Start();
}

bool UTalkwireVoiceComponent::Init(int32& SampleRate)
{
	SampleRate = FTalkwireSound::RateHz; // the mixer makes the device's of it
	NumChannels = 1;
	return true;
}

ISoundGeneratorPtr UTalkwireVoiceComponent::CreateSoundGenerator(const FSoundGeneratorInitParams& InParams)
{
	if (!Sound.IsValid())
	{
		return nullptr;
	}
	// The mixer is two of its buffers ahead of the device: the one that is played, and the one that waits.
	const double MixerS = 2.0 * InParams.AudioMixerNumOutputFrames / FMath::Max(1.0, double(InParams.SampleRate));
	const double DeviceS = GetDefault<UTalkwireSettings>()->DeviceLatencyMs / 1e3;
	return MakeShared<FTalkwireGenerator, ESPMode::ThreadSafe>(Sound.ToSharedRef(), int64(1e9 * (MixerS + DeviceS)));
}
