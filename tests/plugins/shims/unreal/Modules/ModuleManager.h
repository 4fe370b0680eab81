// Core/Modules/IModuleInterface, FDefaultModuleImpl
#pragma once
#include "CoreMinimal.h"
class IModuleInterface {
public:
	virtual ~IModuleInterface() = default;
	virtual void StartupModule() {}
	virtual void ShutdownModule() {}
};
class FDefaultModuleImpl : public IModuleInterface {};
#define IMPLEMENT_MODULE(Class, Name) inline Class Shim##Name;
