// Engine/Engine/UEngine
#pragma once
#include "CoreMinimal.h"
class UEngine : public UObject {
	SHIM_CLASS(UEngine, UObject)
	template <class T> T* GetEngineSubsystem() const { return Cast<T>(ShimSubsystem); }
	void AddOnScreenDebugMessage(uint64, float, int, const FString& Text) { ShimOnScreen = Text; }
	UObject* ShimSubsystem = nullptr;
	FString ShimOnScreen;
};
inline UEngine* GEngine = nullptr;
