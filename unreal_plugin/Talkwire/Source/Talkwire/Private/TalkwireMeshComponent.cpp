#include "TalkwireMeshComponent.h"

#include "Talkwire/AxisMap.h"
#include "Talkwire/Shape.h"
#include "TalkwireGeometry.h"
#include "TalkwireLog.h"

DECLARE_CYCLE_STAT(TEXT("vertices and normals"), STAT_TalkwirePose, STATGROUP_Talkwire);
DECLARE_CYCLE_STAT(TEXT("to the renderer"), STAT_TalkwireUpload, STATGROUP_Talkwire);

UTalkwireMeshComponent::UTalkwireMeshComponent(const FObjectInitializer& ObjectInitializer) : Super(ObjectInitializer)
{
	SetTangentsType(EDynamicMeshComponentTangentsMode::NoTangents);
	SetCollisionEnabled(ECollisionEnabled::NoCollision);
}

/// The box of the whole motion, which the server says: nothing is measured when the face moves.
FBoxSphereBounds UTalkwireMeshComponent::CalcBounds(const FTransform& LocalToWorld) const
{
	return Box.IsValid ? FBoxSphereBounds(Box).TransformBy(LocalToWorld) : Super::CalcBounds(LocalToWorld);
}

void UTalkwireMeshComponent::ShowHead(const talkwire::Head& Head)
{
	if (!Geometry.IsValid())
	{
		Geometry = MakeShared<FTalkwireGeometry>();
	}
	float Corners[6];
	for (std::size_t i = 0; i < 3; ++i)
	{
		Corners[i] = talkwire::load<float>(Head.mesh.box_low_m.data, i);
		Corners[3 + i] = talkwire::load<float>(Head.mesh.box_high_m.data, i);
	}
	talkwire::AxisMap::unreal().positions(Corners, 2, Corners);
	Box = FBox(FVector(Corners[0], Corners[1], Corners[2]), FVector(Corners[3], Corners[4], Corners[5]));
	Geometry->Build(Head, *GetMesh());
	NotifyMeshUpdated();
	UpdateBounds();
	UE_LOG(LogTalkwire, Log, TEXT("a head of %d vertices"), int32(Head.mesh.vertex_count()));
}

void UTalkwireMeshComponent::ShowShape(const talkwire::Shape& Shape)
{
	bool bPosed = false;
	{
		SCOPE_CYCLE_COUNTER(STAT_TalkwirePose);
		bPosed = Geometry.IsValid() && Geometry->Pose(Shape, *GetMesh());
	}
	if (bPosed)
	{
		SCOPE_CYCLE_COUNTER(STAT_TalkwireUpload);
		FastNotifyPositionsUpdated(true);
	}
}
