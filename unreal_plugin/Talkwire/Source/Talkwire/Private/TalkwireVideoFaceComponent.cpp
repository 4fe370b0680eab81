#include "TalkwireVideoFaceComponent.h"

#include "Components/PrimitiveComponent.h"
#include "Engine/Texture2D.h"
#include "GameFramework/Actor.h"
#include "Materials/MaterialInstanceDynamic.h"
#include "TalkwireFaceComponent.h"
#include "TalkwireMeshComponent.h"

UTalkwireVideoFaceComponent::UTalkwireVideoFaceComponent(const FObjectInitializer& ObjectInitializer) : Super(ObjectInitializer)
{
	PrimaryComponentTick.bCanEverTick = true;
	bTickInEditor = true;
}

void UTalkwireVideoFaceComponent::TickComponent(float DeltaTime, ELevelTick TickType, FActorComponentTickFunction* ThisTickFunction)
{
	Super::TickComponent(DeltaTime, TickType, ThisTickFunction);
	const AActor* Owner = GetOwner();
	const UTalkwireFaceComponent* Face = Owner != nullptr ? Owner->FindComponentByClass<UTalkwireFaceComponent>() : nullptr;
	UTexture2D* Texture = Face != nullptr ? Face->GetTexture() : nullptr;
	UPrimitiveComponent* Screen = Texture != nullptr && Texture != Shown.Get() ? FindTarget() : nullptr;
	if (Screen == nullptr)
	{
		return;
	}
	Shown = Texture;
	if (UMaterialInstanceDynamic* Material = Screen->CreateDynamicMaterialInstance(MaterialIndex))
	{
		Material->SetTextureParameterValue(TextureParameter, Texture);
	}
}

UPrimitiveComponent* UTalkwireVideoFaceComponent::FindTarget() const
{
	TArray<UPrimitiveComponent*> Candidates;
	GetOwner()->GetComponents(Candidates);
	for (UPrimitiveComponent* One : Candidates)
	{
		const bool bNamed = Target == NAME_None || One->GetFName() == Target;
		if (bNamed && One->GetMaterial(MaterialIndex) != nullptr && Cast<UTalkwireMeshComponent>(One) == nullptr)
		{
			return One;
		}
	}
	return nullptr;
}
