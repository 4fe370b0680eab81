// AudioMixer/Components/USynthComponent: playing, its generator is among those that the test's audio thread asks.
#pragma once
#include <mutex>
#include "Components/ActorComponent.h"
#include "Sound/SoundGenerator.h"
class USynthComponent : public USceneComponent {
	SHIM_CLASS(USynthComponent, USceneComponent)
	using USceneComponent::USceneComponent;
	void Start() {
		int32 Rate = 44100;
		Init(Rate);
		FSoundGeneratorInitParams Params;
		Params.SampleRate = float(Rate);
		Params.AudioMixerNumOutputFrames = 512;
		Params.NumChannels = NumChannels;
		Playing = CreateSoundGenerator(Params);
		std::lock_guard<std::mutex> Hold(ShimLock);
		if (Playing.IsValid()) { ShimGenerators.push_back(Playing); }
	}
	void Stop() {
		std::lock_guard<std::mutex> Hold(ShimLock);
		ShimGenerators.erase(std::remove(ShimGenerators.begin(), ShimGenerators.end(), Playing), ShimGenerators.end());
		Playing.Reset();
	}
	bool IsPlaying() const { return Playing.IsValid(); }
	virtual void OnUnregister() override { Stop(); }

	static inline std::mutex ShimLock;
	static inline std::vector<ISoundGeneratorPtr> ShimGenerators;

protected:
	virtual bool Init(int32&) { return true; }
	virtual ISoundGeneratorPtr CreateSoundGenerator(const FSoundGeneratorInitParams&) { return nullptr; }
	int32 NumChannels = 2;

private:
	ISoundGeneratorPtr Playing;
};
