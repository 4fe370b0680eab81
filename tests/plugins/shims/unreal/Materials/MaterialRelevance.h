// Engine/FMaterialRelevance, FPrimitiveViewRelevance
#pragma once
#include "CoreMinimal.h"
struct FPrimitiveViewRelevance;
struct FMaterialRelevance {
	uint8 bOpaque = true, bDisableDepthTest = false;
	void SetPrimitiveViewRelevance(FPrimitiveViewRelevance& Out) const;
};
struct FPrimitiveViewRelevance : FMaterialRelevance {
	bool bDrawRelevance = false, bShadowRelevance = false, bDynamicRelevance = false, bRenderInMainPass = true;
	bool bRenderCustomDepth = false, bUsesLightingChannels = false, bVelocityRelevance = false;
};
inline void FMaterialRelevance::SetPrimitiveViewRelevance(FPrimitiveViewRelevance& Out) const { Out.bOpaque = bOpaque; }
