// Engine/Components/UActorComponent, USceneComponent, UPrimitiveComponent, UMeshComponent; Engine/Engine/EEndPlayReason, ELevelTick
#pragma once
#include "CoreMinimal.h"
class AActor;
class UMaterialInterface;
namespace EEndPlayReason { enum Type { Destroyed, EndPlayInEditor }; }
enum ELevelTick { LEVELTICK_ViewportsOnly, LEVELTICK_All };
enum ETickingGroup { TG_PrePhysics, TG_PostPhysics };
struct FActorComponentTickFunction {
	bool bCanEverTick = false;
	ETickingGroup TickGroup = TG_PrePhysics;
};
class UActorComponent : public UObject {
	SHIM_CLASS(UActorComponent, UObject)
	using UObject::UObject;
	FActorComponentTickFunction PrimaryComponentTick;
	bool bTickInEditor = false, bAutoActivate = false;
	AActor* GetOwner() const;
	virtual UWorld* GetWorld() const override;
	void RegisterComponent() { bShimRegistered = true; OnRegister(); }
	void UnregisterComponent() { bShimRegistered = false; OnUnregister(); }
	void DestroyComponent(bool = false);
	virtual void OnRegister() {}
	virtual void OnUnregister() {}
	virtual void OnComponentDestroyed(bool) {}
	virtual void BeginPlay() {}
	virtual void EndPlay(const EEndPlayReason::Type) {}
	virtual void TickComponent(float, ELevelTick, FActorComponentTickFunction*) {}
	bool bShimRegistered = false;
};
class USceneComponent : public UActorComponent {
	SHIM_CLASS(USceneComponent, UActorComponent)
	using UActorComponent::UActorComponent;
	void SetupAttachment(USceneComponent* Parent) { ShimParent = Parent; }
	void SetRelativeRotation(const FRotator& Turn) { ShimRelative = FTransform(Turn, ShimRelative.Origin); }
	void SetVisibility(bool bVisible) { bShimVisible = bVisible; }
	FTransform GetComponentTransform() const { return ShimParent != nullptr ? ShimRelative * ShimParent->GetComponentTransform() : ShimRelative; }
	virtual FBoxSphereBounds CalcBounds(const FTransform&) const { return {}; }
	void UpdateBounds() { Bounds = CalcBounds(GetComponentTransform()); }
	FBoxSphereBounds Bounds;
	USceneComponent* ShimParent = nullptr;
	FTransform ShimRelative;
	bool bShimVisible = true;
};
namespace ECollisionEnabled { enum Type { NoCollision }; }
class UPrimitiveComponent : public USceneComponent {
	SHIM_CLASS(UPrimitiveComponent, USceneComponent)
	using USceneComponent::USceneComponent;
	void SetCollisionEnabled(ECollisionEnabled::Type) {}
	virtual UMaterialInterface* GetMaterial(int32) const { return ShimMaterial; }
	virtual void SetMaterial(int32, UMaterialInterface* Material) { ShimMaterial = Material; }
	class UMaterialInstanceDynamic* CreateDynamicMaterialInstance(int32 Index);
	UMaterialInterface* ShimMaterial = nullptr;
};
class UMeshComponent : public UPrimitiveComponent {
	SHIM_CLASS(UMeshComponent, UPrimitiveComponent)
	using UPrimitiveComponent::UPrimitiveComponent;
};
