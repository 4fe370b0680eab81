// Engine/FPrimitiveSceneProxy: made by the game thread, then the render thread's until it deletes it
#pragma once
#include "LocalVertexFactory.h"
#include "Materials/MaterialRelevance.h"
#include "SceneInterface.h"
using SIZE_T = std::size_t;
class FSceneView;
class FSceneViewFamily;
class FMeshElementCollector;
class UPrimitiveComponent;
class FPrimitiveSceneProxy {
public:
	explicit FPrimitiveSceneProxy(const UPrimitiveComponent*) { ++ShimMade; }
	virtual ~FPrimitiveSceneProxy() = default;
	virtual SIZE_T GetTypeHash() const = 0;
	virtual uint32 GetMemoryFootprint() const = 0;
	virtual bool CanBeOccluded() const { return true; }
	virtual FPrimitiveViewRelevance GetViewRelevance(const FSceneView*) const { return {}; }
	virtual void GetDynamicMeshElements(const TArray<const FSceneView*>&, const FSceneViewFamily&, uint32, FMeshElementCollector&) const {}
	FSceneInterface& GetScene() const { static FSceneInterface One; return One; }
	class FPrimitiveSceneInfo* GetPrimitiveSceneInfo() const { return nullptr; }
	SIZE_T GetAllocatedSize() const { return 0; }
	bool IsShown(const FSceneView*) const { return true; }
	bool IsShadowCast(const FSceneView*) const { return true; }
	bool ShouldRenderInMainPass() const { return true; }
	bool ShouldRenderCustomDepth() const { return false; }
	uint8 GetLightingChannelMask() const { return 1; }
	bool DrawsVelocity() const { return true; }
	bool AlwaysHasVelocity() const { return false; }
	const FMatrix& GetLocalToWorld() const { static const FMatrix One; return One; }
	const FBoxSphereBounds& GetBounds() const { static const FBoxSphereBounds One; return One; }
	const FBoxSphereBounds& GetLocalBounds() const { return GetBounds(); }
	bool IsLocalToWorldDeterminantNegative() const { return false; }
	static inline int32 ShimMade = 0;
};
inline uint8 GetDefaultLightingChannelMask() { return 1; }
