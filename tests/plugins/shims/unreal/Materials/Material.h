// Engine/Materials/UMaterial
#pragma once
#include "MaterialDomain.h"
#include "Materials/MaterialInstanceDynamic.h"
class UMaterial : public UMaterialInterface {
	SHIM_CLASS(UMaterial, UMaterialInterface)
	static UMaterial* GetDefaultMaterial(EMaterialDomain) { return GetMutableDefault<UMaterial>(); }
};
