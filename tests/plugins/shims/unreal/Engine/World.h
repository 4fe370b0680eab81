// Engine/Engine/UWorld
#pragma once
#include "CoreMinimal.h"
class APlayerController;
class UWorld : public UObject {
	SHIM_CLASS(UWorld, UObject)
	bool IsGameWorld() const { return bShimGame; }
	APlayerController* GetFirstPlayerController() const { return ShimController; }
	bool bShimGame = true;
	APlayerController* ShimController = nullptr;
};
