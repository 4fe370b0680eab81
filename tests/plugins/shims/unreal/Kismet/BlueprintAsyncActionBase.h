// Engine/Kismet/UBlueprintAsyncActionBase
#pragma once
#include "CoreMinimal.h"
class UBlueprintAsyncActionBase : public UObject {
	SHIM_CLASS(UBlueprintAsyncActionBase, UObject)
	virtual void Activate() {}
	virtual void SetReadyToDestroy() { bShimDone = true; }
	void RegisterWithGameInstance(const UObject*) {}
	bool bShimDone = false;
};
