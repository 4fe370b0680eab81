// DeveloperSettings/Engine/UDeveloperSettings
#pragma once
#include "CoreMinimal.h"
class UDeveloperSettings : public UObject {
	SHIM_CLASS(UDeveloperSettings, UObject)
	virtual FName GetCategoryName() const { return FName(); }
};
