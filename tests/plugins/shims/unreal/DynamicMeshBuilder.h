// Engine/FDynamicMeshVertex, FDynamicMeshIndexBuffer32
#pragma once
#include "RenderingThread.h"
struct FDynamicMeshVertex {
	explicit FDynamicMeshVertex(const FVector3f& InPosition) : Position(InPosition) {}
	FVector3f Position;
	FVector2f TextureCoordinate[8] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}};
};
class FIndexBuffer : public FRenderResource {};
class FDynamicMeshIndexBuffer32 : public FIndexBuffer {
public:
	TArray<uint32> Indices;
};
