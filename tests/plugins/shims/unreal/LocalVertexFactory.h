// Engine/FLocalVertexFactory: of which buffers a picture is made
#pragma once
#include "RenderingThread.h"
namespace ERHIFeatureLevel { enum Type { SM6 }; }
class FVertexFactory : public FRenderResource {};
class FLocalVertexFactory : public FVertexFactory {
public:
	FLocalVertexFactory(ERHIFeatureLevel::Type, const char*) {}
	const struct FStaticMeshVertexBuffers* ShimBuffers = nullptr;
};
