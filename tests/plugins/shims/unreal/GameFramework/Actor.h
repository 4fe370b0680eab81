// Engine/GameFramework/AActor
#pragma once
#include "Components/ActorComponent.h"
class AActor : public UObject {
	SHIM_CLASS(AActor, UObject)
	USceneComponent* GetRootComponent() const { return ShimRoot; }
	FTransform GetActorTransform() const { return ShimRoot != nullptr ? ShimRoot->GetComponentTransform() : FTransform(); }
	FVector GetActorLocation() const { return GetActorTransform().Origin; }
	template <class T> T* FindComponentByClass() const {
		for (UActorComponent* One : ShimComponents) {
			if (T* Found = Cast<T>(One)) { return Found; }
		}
		return nullptr;
	}
	template <class T> void GetComponents(TArray<T*>& Found) const {
		for (UActorComponent* One : ShimComponents) {
			if (T* Fits = Cast<T>(One)) { Found.Add(Fits); }
		}
	}
	virtual UWorld* GetWorld() const override { return ShimWorld; }
	virtual void ShimOwn(UObject* One) override {
		if (UActorComponent* Part = Cast<UActorComponent>(One)) { ShimComponents.push_back(Part); }
	}
	UWorld* ShimWorld = nullptr;
	USceneComponent* ShimRoot = nullptr;
	std::vector<UActorComponent*> ShimComponents;
};
inline AActor* UActorComponent::GetOwner() const { return Cast<AActor>(GetOuter()); }
inline UWorld* UActorComponent::GetWorld() const { return GetOwner() != nullptr ? GetOwner()->GetWorld() : nullptr; }
inline void UActorComponent::DestroyComponent(bool) {
	if (bShimRegistered) { UnregisterComponent(); }
	OnComponentDestroyed(false);
	auto& All = GetOwner()->ShimComponents;
	All.erase(std::remove(All.begin(), All.end(), this), All.end());
	ShimDelete(this);
}
