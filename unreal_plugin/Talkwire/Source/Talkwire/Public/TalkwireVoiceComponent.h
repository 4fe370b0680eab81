// An NPC's voice: a synth that plays what its player has for it, which makes the sound the clock.
#pragma once

#include "Components/SynthComponent.h"
#include "CoreMinimal.h"

#include "TalkwireVoiceComponent.generated.h"

class FTalkwireSound;

/// Attenuation, sends and effects are those of any synth. A Talkwire Face makes one where there is none.
UCLASS(ClassGroup = (talkwire), meta = (BlueprintSpawnableComponent, DisplayName = "Talkwire Voice"))
class TALKWIRE_API UTalkwireVoiceComponent : public USynthComponent
{
	GENERATED_BODY()

public:
	UTalkwireVoiceComponent(const FObjectInitializer& ObjectInitializer);

	/// Play this from now on.
	void Play(const TSharedRef<FTalkwireSound, ESPMode::ThreadSafe>& InSound);

protected:
	virtual bool Init(int32& SampleRate) override;
	virtual ISoundGeneratorPtr CreateSoundGenerator(const FSoundGeneratorInitParams& InParams) override;

private:
	TSharedPtr<FTalkwireSound, ESPMode::ThreadSafe> Sound;
};
