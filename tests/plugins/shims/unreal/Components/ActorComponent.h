// Engine/Components/UActorComponent, USceneComponent, UPrimitiveComponent, UMeshComponent; Engine/Engine/EEndPlayReason, ELevelTick
#pragma once
#include "CoreMinimal.h"
#include "PrimitiveSceneProxy.h"
class AActor;
class UMaterialInterface;
struct FRegisterComponentContext;
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
	void RegisterComponent() { bShimRegistered = true; OnRegister(); CreateRenderState_Concurrent(nullptr); }
	void UnregisterComponent() { DestroyRenderState_Concurrent(); bShimRegistered = false; OnUnregister(); }
	void MarkRenderStateDirty() { ShimMark(bShimStateDirty); }
	void MarkRenderDynamicDataDirty() { ShimMark(bShimDataDirty); }
	void DestroyComponent(bool = false);
	virtual void OnRegister() {}
	virtual void OnUnregister() {}
	virtual void OnComponentDestroyed(bool) {}
	virtual void BeginPlay() {}
	virtual void EndPlay(const EEndPlayReason::Type) {}
	virtual void TickComponent(float, ELevelTick, FActorComponentTickFunction*) {}
	bool bShimRegistered = false;
	/// What UWorld/SendAllEndOfFrameUpdates does.
	static void ShimEndOfFrame() {
		for (UActorComponent* One : ShimDirty) {
			const bool bData = std::exchange(One->bShimDataDirty, false);
			if (std::exchange(One->bShimStateDirty, false)) {
				One->DestroyRenderState_Concurrent();
				One->CreateRenderState_Concurrent(nullptr);
			} else if (bData) { One->SendRenderDynamicData_Concurrent(); }
		}
		ShimDirty.clear();
	}
	virtual ~UActorComponent() override { ShimDirty.erase(std::remove(ShimDirty.begin(), ShimDirty.end(), this), ShimDirty.end()); }

protected:
	virtual void CreateRenderState_Concurrent(FRegisterComponentContext*) {}
	virtual void SendRenderDynamicData_Concurrent() {}
	virtual void DestroyRenderState_Concurrent() {}

private:
	void ShimMark(bool& bDirty) {
		if (!bShimRegistered) { return; }
		if (!bShimStateDirty && !bShimDataDirty) { ShimDirty.push_back(this); }
		bDirty = true;
	}
	bool bShimStateDirty = false, bShimDataDirty = false;
	static inline std::vector<UActorComponent*> ShimDirty;
};
class USceneComponent : public UActorComponent {
	SHIM_CLASS(USceneComponent, UActorComponent)
	using UActorComponent::UActorComponent;
	void SetupAttachment(USceneComponent* Parent) { ShimParent = Parent; }
	void SetRelativeRotation(const FRotator& Turn) { ShimRelative = FTransform(Turn, ShimRelative.Origin); }
	void SetVisibility(bool bVisible) {
		if (std::exchange(bShimVisible, bVisible) != bVisible) { MarkRenderStateDirty(); }
	}
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
	virtual void SetMaterial(int32, UMaterialInterface* Material) { ShimMaterial = Material; MarkRenderStateDirty(); }
	virtual int32 GetNumMaterials() const { return 0; }
	virtual FPrimitiveSceneProxy* CreateSceneProxy() { return nullptr; }
	FMaterialRelevance GetMaterialRelevance(ERHIFeatureLevel::Type) const { return {}; }
	virtual ~UPrimitiveComponent() override { ShimRemove(); }
	FPrimitiveSceneProxy* SceneProxy = nullptr;

protected:
	virtual void CreateRenderState_Concurrent(FRegisterComponentContext* Context) override {
		Super::CreateRenderState_Concurrent(Context);
		SceneProxy = bShimVisible ? CreateSceneProxy() : nullptr;
	}
	virtual void SendRenderDynamicData_Concurrent() override { ShimSent += SceneProxy != nullptr; }
	virtual void DestroyRenderState_Concurrent() override { ShimRemove(); Super::DestroyRenderState_Concurrent(); }

private:
	void ShimRemove() {
		if (SceneProxy != nullptr) {
			FShimRender()([Proxy = std::exchange(SceneProxy, nullptr)](FRHICommandListImmediate&) { delete Proxy; });
		}
	}

public:
	class UMaterialInstanceDynamic* CreateDynamicMaterialInstance(int32 Index);
	UMaterialInterface* ShimMaterial = nullptr;
	int32 ShimSent = 0;
};
class UMeshComponent : public UPrimitiveComponent {
	SHIM_CLASS(UMeshComponent, UPrimitiveComponent)
	using UPrimitiveComponent::UPrimitiveComponent;
};
