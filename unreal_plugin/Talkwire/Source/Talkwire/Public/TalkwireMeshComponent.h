// An NPC's head: triangles that never change, and vertices that move.
#pragma once

#include "Components/MeshComponent.h"
#include "CoreMinimal.h"

#include "TalkwireMeshComponent.generated.h"

namespace talkwire
{
class Shape;
struct Head;
}
struct FTalkwireGeometry;
class FTalkwirePoses;

/// A Talkwire Face makes one where there is none. Its space is the engine's: centimetres, Z up, the face along +Y. The game
/// thread only says which pose; a worker sums it, and the render thread puts it on the card, in the same picture.
UCLASS(ClassGroup = (talkwire), meta = (BlueprintSpawnableComponent, DisplayName = "Talkwire Mesh"))
class TALKWIRE_API UTalkwireMeshComponent : public UMeshComponent
{
	GENERATED_BODY()

public:
	UTalkwireMeshComponent(const FObjectInitializer& ObjectInitializer);

	virtual int32 GetNumMaterials() const override { return 1; }
	virtual FBoxSphereBounds CalcBounds(const FTransform& LocalToWorld) const override;
	virtual FPrimitiveSceneProxy* CreateSceneProxy() override;

	/// This head, at rest: triangles, texture coordinates, bounds of all that it can do. Allocates.
	void ShowHead(const talkwire::Head& Head);
	/// Of that head: where its vertices are in the next picture. Takes no memory, and waits for nobody.
	void ShowShape(const talkwire::Shape& Shape);
	/// The middle of the head, in the component's space: about where its eyes are.
	FVector Middle() const;
	/// Where its vertices are and look, in the component's space, and its triangles. Waits until the pose is summed.
	void GetVertices(TArray<FVector3f>& Positions, TArray<FVector3f>& Normals, TArray<uint32>& Triangles) const;

protected:
	virtual void CreateRenderState_Concurrent(FRegisterComponentContext* Context) override;
	virtual void SendRenderDynamicData_Concurrent() override;

private:
	TSharedPtr<FTalkwireGeometry> Geometry;
	TSharedPtr<FTalkwirePoses, ESPMode::ThreadSafe> Poses;
};
