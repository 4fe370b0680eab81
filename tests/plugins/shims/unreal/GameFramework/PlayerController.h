// Engine/GameFramework/APlayerController
#pragma once
#include "GameFramework/Actor.h"
class APlayerController : public AActor {
	SHIM_CLASS(APlayerController, AActor)
	virtual void GetPlayerViewPoint(FVector& Location, FRotator&) const { Location = ShimCamera; }
	FVector ShimCamera;
};
