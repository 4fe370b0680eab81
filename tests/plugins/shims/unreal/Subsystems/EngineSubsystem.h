// Engine/Subsystems/UEngineSubsystem
#pragma once
#include "CoreMinimal.h"
class FSubsystemCollectionBase {};
class UEngineSubsystem : public UObject {
	SHIM_CLASS(UEngineSubsystem, UObject)
	virtual void Initialize(FSubsystemCollectionBase&) {}
	virtual void Deinitialize() {}
};
