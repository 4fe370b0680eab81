// A head as the render thread has it: its buffers on the card.
#pragma once

#include "CoreMinimal.h"
#include "DynamicMeshBuilder.h"
#include "LocalVertexFactory.h"
#include "Materials/MaterialRelevance.h"
#include "PrimitiveSceneProxy.h"
#include "StaticMeshResources.h"
#include "TalkwireGeometry.h"

class FMeshElementCollector;
class UMaterialInterface;
class UTalkwireMeshComponent;
struct FMeshBatch;

/// Made by the game thread, all else is the render thread's. Triangles and texture coordinates are put on the card once.
class FTalkwireMeshProxy final : public FPrimitiveSceneProxy
{
public:
	FTalkwireMeshProxy(UTalkwireMeshComponent& Component, const FTalkwireGeometry& Geometry);
	virtual ~FTalkwireMeshProxy() override;

	/// From now on.
	void Show(const FTalkwirePose& Pose, FRHICommandListBase& RHICmdList);

	virtual SIZE_T GetTypeHash() const override;
	virtual uint32 GetMemoryFootprint() const override { return uint32(sizeof(*this) + GetAllocatedSize()); }
	virtual bool CanBeOccluded() const override { return !Relevance.bDisableDepthTest; }
	virtual FPrimitiveViewRelevance GetViewRelevance(const FSceneView* View) const override;
	virtual void GetDynamicMeshElements(const TArray<const FSceneView*>& Views, const FSceneViewFamily& ViewFamily,
		uint32 VisibilityMap, FMeshElementCollector& Collector) const override;

private:
	void Describe(FMeshBatch& Batch, FMeshElementCollector& Collector) const;

	UMaterialInterface* Material = nullptr; // the component's, which keeps it
	FMaterialRelevance Relevance;
	FStaticMeshVertexBuffers Vertices;
	FDynamicMeshIndexBuffer32 Indices;
	FLocalVertexFactory Factory;
};
