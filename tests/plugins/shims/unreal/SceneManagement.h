// Engine/FMeshElementCollector, FMeshBatch, FMeshBatchElement, FDynamicPrimitiveUniformBuffer: what a view draws
#pragma once
#include <memory>
#include "Materials/MaterialInstanceDynamic.h"
#include "PrimitiveSceneProxy.h"
#include "StaticMeshResources.h"
enum EPrimitiveType { PT_TriangleList };
enum ESceneDepthPriorityGroup { SDPG_World };
class FSceneView {};
class FSceneViewFamily {};
class FDynamicPrimitiveUniformBuffer {
public:
	void Set(FRHICommandListBase&, const FMatrix&, const FMatrix&, const FBoxSphereBounds&, const FBoxSphereBounds&, bool, bool, bool) {}
	int UniformBuffer = 0;
};
struct FMeshBatchElement {
	const FIndexBuffer* IndexBuffer = nullptr;
	const int* PrimitiveUniformBufferResource = nullptr;
	uint32 FirstIndex = 0, NumPrimitives = 0, MinVertexIndex = 0, MaxVertexIndex = 0;
};
struct FMeshBatch {
	FMeshBatchElement Elements[1];
	const FVertexFactory* VertexFactory = nullptr;
	const FMaterialRenderProxy* MaterialRenderProxy = nullptr;
	EPrimitiveType Type = PT_TriangleList;
	ESceneDepthPriorityGroup DepthPriorityGroup = SDPG_World;
	bool ReverseCulling = false, bCanApplyViewModeOverrides = false;
};
class FMeshElementCollector {
public:
	FMeshBatch& AllocateMesh() { return *ShimBatches.emplace_back(std::make_unique<FMeshBatch>()); }
	template <class T> T& AllocateOneFrameResource() { return *ShimUniforms.emplace_back(std::make_unique<T>()); }
	FRHICommandListBase& GetRHICommandList() { return ShimList; }
	void AddMesh(int32, FMeshBatch& Batch) { ShimAdded.push_back(&Batch); }
	std::vector<std::unique_ptr<FMeshBatch>> ShimBatches;
	std::vector<std::unique_ptr<FDynamicPrimitiveUniformBuffer>> ShimUniforms;
	std::vector<FMeshBatch*> ShimAdded;
	FRHICommandListImmediate ShimList;
};
