// Engine/FSceneInterface
#pragma once
#include "LocalVertexFactory.h"
struct FMatrix { double M[4][4] = {}; };
class FSceneInterface {
public:
	ERHIFeatureLevel::Type GetFeatureLevel() const { return ERHIFeatureLevel::SM6; }
	void GetPrimitiveUniformShaderParameters_RenderThread(const class FPrimitiveSceneInfo*, bool& bVolumetricLightmap, FMatrix& Before,
		int32& Capture, bool& bVelocity) const {
		bVolumetricLightmap = bVelocity = false;
		Before = FMatrix();
		Capture = 0;
	}
};
