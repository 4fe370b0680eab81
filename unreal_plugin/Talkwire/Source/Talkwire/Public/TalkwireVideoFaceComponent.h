// A face that is a picture: the streamed texture on any material of the Actor.
#pragma once

#include "Components/ActorComponent.h"
#include "CoreMinimal.h"

#include "TalkwireVideoFaceComponent.generated.h"

class UMaterialInstanceDynamic;
class UPrimitiveComponent;
class UTexture2D;

/// Takes the texture of the Talkwire Face on the same Actor (with Stream Texture on), which changes it in place as the face speaks,
/// and puts it on another component's material.
UCLASS(ClassGroup = (talkwire), meta = (BlueprintSpawnableComponent, DisplayName = "Talkwire Video Face"))
class TALKWIRE_API UTalkwireVideoFaceComponent : public UActorComponent
{
	GENERATED_BODY()

public:
	UTalkwireVideoFaceComponent(const FObjectInitializer& ObjectInitializer);

	/// The name of the component that shows it; empty: the Actor's first that has a material.
	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	FName Target;

	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	int32 MaterialIndex = 0;

	/// Its parameter.
	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	FName TextureParameter = FName(TEXT("Face"));

	virtual void TickComponent(float DeltaTime, ELevelTick TickType, FActorComponentTickFunction* ThisTickFunction) override;

private:
	UPrimitiveComponent* FindTarget() const;

	UPROPERTY(Transient)
	TObjectPtr<UTexture2D> Shown;
};
