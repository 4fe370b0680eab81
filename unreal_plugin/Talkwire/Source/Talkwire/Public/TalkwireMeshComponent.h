// An NPC's head: a dynamic mesh whose triangles never change and whose vertices move.
#pragma once

#include "Components/DynamicMeshComponent.h"
#include "CoreMinimal.h"

#include "TalkwireMeshComponent.generated.h"

namespace talkwire
{
class Shape;
struct Head;
}
struct FTalkwireGeometry;

/// A Talkwire Face makes one where there is none. Its space is the engine's: centimetres, Z up, the face along +Y.
UCLASS(ClassGroup = (talkwire), meta = (BlueprintSpawnableComponent, DisplayName = "Talkwire Mesh"))
class TALKWIRE_API UTalkwireMeshComponent : public UDynamicMeshComponent
{
	GENERATED_BODY()

public:
	UTalkwireMeshComponent(const FObjectInitializer& ObjectInitializer);

	virtual FBoxSphereBounds CalcBounds(const FTransform& LocalToWorld) const override;

	/// This head, at rest: triangles, texture coordinates, bounds of all that it can do. Allocates.
	void ShowHead(const talkwire::Head& Head);
	/// Of that head: where its vertices are now. Takes no memory.
	void ShowShape(const talkwire::Shape& Shape);
	/// The middle of the head, in the component's space: about where its eyes are.
	FVector Middle() const { return Box.GetCenter(); }

private:
	TSharedPtr<FTalkwireGeometry> Geometry;
	FBox Box = FBox(ForceInit);
};
