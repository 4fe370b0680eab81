// GeometryFramework/Components/UDynamicMeshComponent, UBaseDynamicMeshComponent
#pragma once
#include "Components/ActorComponent.h"
#include "DynamicMesh/DynamicMesh3.h"
enum class EDynamicMeshComponentTangentsMode : uint8 { NoTangents };
class UDynamicMeshComponent : public UMeshComponent {
	SHIM_CLASS(UDynamicMeshComponent, UMeshComponent)
	using UMeshComponent::UMeshComponent;
	virtual UE::Geometry::FDynamicMesh3* GetMesh() { return &ShimMesh; }
	virtual void NotifyMeshUpdated() { ++ShimRebuilt; }
	void FastNotifyPositionsUpdated(bool bNormals = false, bool = false, bool = false) { ShimMoved += bNormals; }
	void SetTangentsType(EDynamicMeshComponentTangentsMode) {}
	virtual FBoxSphereBounds CalcBounds(const FTransform&) const override { return {}; }
	UE::Geometry::FDynamicMesh3 ShimMesh;
	int32 ShimRebuilt = 0, ShimMoved = 0;
};
