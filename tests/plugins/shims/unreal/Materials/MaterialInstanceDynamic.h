// Engine/Materials/UMaterialInstanceDynamic
#pragma once
#include "GameFramework/Actor.h"
class UTexture;
class FMaterialRenderProxy {};
class UMaterialInterface : public UObject {
	SHIM_CLASS(UMaterialInterface, UObject)
	FMaterialRenderProxy* GetRenderProxy() const { return const_cast<FMaterialRenderProxy*>(&ShimProxy); }
	FMaterialRenderProxy ShimProxy;
};
class UMaterialInstanceDynamic : public UMaterialInterface {
	SHIM_CLASS(UMaterialInstanceDynamic, UMaterialInterface)
	static UMaterialInstanceDynamic* Create(UMaterialInterface* Parent, UObject* Outer) {
		UMaterialInstanceDynamic* Made = NewObject<UMaterialInstanceDynamic>(Outer);
		Made->ShimParent = Parent;
		return Made;
	}
	void SetTextureParameterValue(FName Name, UTexture* Texture) {
		ShimParameter = Name;
		ShimTexture = Texture;
	}
	UMaterialInterface* ShimParent = nullptr;
	FName ShimParameter;
	UTexture* ShimTexture = nullptr;
};
inline UMaterialInstanceDynamic* UPrimitiveComponent::CreateDynamicMaterialInstance(int32 Index) {
	UMaterialInstanceDynamic* Made = UMaterialInstanceDynamic::Create(GetMaterial(Index), this);
	SetMaterial(Index, Made);
	return Made;
}
