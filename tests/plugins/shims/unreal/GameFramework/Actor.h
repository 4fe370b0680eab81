// Engine/GameFramework/AActor; CoreUObject/UObject/NewObject
#pragma once
#include "Components/ActorComponent.h"
class AActor : public UObject
{
	SHIM_CLASS(AActor, UObject)
	USceneComponent* GetRootComponent() const { return ShimRoot; }
	FTransform GetActorTransform() const { return ShimRoot != nullptr ? ShimRoot->GetComponentTransform() : FTransform(); }
	FVector GetActorLocation() const { return GetActorTransform().Origin; }
	template <class T> T* FindComponentByClass() const
	{
		for (UActorComponent* One : ShimComponents)
		{
			if (T* Found = Cast<T>(One))
			{
				return Found;
			}
		}
		return nullptr;
	}
	virtual UWorld* GetWorld() const override { return ShimWorld; }
	UWorld* ShimWorld = nullptr;
	USceneComponent* ShimRoot = nullptr;
	std::vector<UActorComponent*> ShimComponents;
};
inline AActor* UActorComponent::GetOwner() const { return Cast<AActor>(GetOuter()); }
inline UWorld* UActorComponent::GetWorld() const { return GetOwner() != nullptr ? GetOwner()->GetWorld() : nullptr; }
inline void UActorComponent::DestroyComponent(bool)
{
	if (bShimRegistered)
	{
		UnregisterComponent();
	}
	OnComponentDestroyed(false);
	auto& All = GetOwner()->ShimComponents;
	All.erase(std::remove(All.begin(), All.end(), this), All.end());
	ShimDelete(this);
}
template <class T> T* NewObject(UObject* Outer, FName = NAME_None, EObjectFlags = RF_NoFlags)
{
	T* Made = ShimMake<T>(Outer);
	AActor* Owner = Cast<AActor>(Outer);
	if constexpr (std::is_base_of_v<UActorComponent, T>)
	{
		if (Owner != nullptr)
		{
			Owner->ShimComponents.push_back(Made);
		}
	}
	return Made;
}
