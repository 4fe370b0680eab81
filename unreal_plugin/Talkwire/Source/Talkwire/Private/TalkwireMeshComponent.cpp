#include "TalkwireMeshComponent.h"

#include "RenderingThread.h"
#include "TalkwireLog.h"
#include "TalkwireMeshProxy.h"
#include "TalkwirePoses.h"

UTalkwireMeshComponent::UTalkwireMeshComponent(const FObjectInitializer& ObjectInitializer) : Super(ObjectInitializer)
{
	SetCollisionEnabled(ECollisionEnabled::NoCollision);
}

/// The box of the whole motion: nothing is measured when the face moves.
FBoxSphereBounds UTalkwireMeshComponent::CalcBounds(const FTransform& LocalToWorld) const
{
	return Geometry.IsValid() ? FBoxSphereBounds(Geometry->Box).TransformBy(LocalToWorld) : Super::CalcBounds(LocalToWorld);
}

FVector UTalkwireMeshComponent::Middle() const
{
	return Geometry.IsValid() ? Geometry->Box.GetCenter() : FVector::ZeroVector;
}

FPrimitiveSceneProxy* UTalkwireMeshComponent::CreateSceneProxy()
{
	const bool bEmpty = !Geometry.IsValid() || Geometry->Triangles.IsEmpty() || Geometry->Uvs.IsEmpty();
	return bEmpty ? nullptr : new FTalkwireMeshProxy(*this, *Geometry);
}

/// Another material or head, or it was hidden: the new proxy has no pose.
void UTalkwireMeshComponent::CreateRenderState_Concurrent(FRegisterComponentContext* Context)
{
	Super::CreateRenderState_Concurrent(Context);
	SendRenderDynamicData_Concurrent();
}

/// At the end of the game thread's frame, when the worker has had the rest of it.
void UTalkwireMeshComponent::SendRenderDynamicData_Concurrent()
{
	Super::SendRenderDynamicData_Concurrent();
	if (SceneProxy == nullptr || !Poses.IsValid())
	{
		return;
	}
	FTalkwireMeshProxy* Proxy = static_cast<FTalkwireMeshProxy*>(SceneProxy);
	ENQUEUE_RENDER_COMMAND(TalkwirePose)
	([Proxy, Kept = Poses.ToSharedRef(), Taken = Poses->Take()](FRHICommandListImmediate& RHICmdList) {
		Proxy->Show(Kept->Wait(Taken), RHICmdList);
		Kept->Give(Taken);
	});
}

void UTalkwireMeshComponent::ShowHead(const talkwire::Head& Head)
{
	Geometry = MakeShared<FTalkwireGeometry>(Head);
	Poses = MakeShared<FTalkwirePoses, ESPMode::ThreadSafe>(Head);
	UpdateBounds();
	MarkRenderStateDirty();
	UE_LOG(LogTalkwire, Log, TEXT("a head of %d vertices"), Geometry->Uvs.Num());
}

void UTalkwireMeshComponent::ShowShape(const talkwire::Shape& Shape)
{
	if (SceneProxy != nullptr && Poses.IsValid() && Poses->Launch(Shape))
	{
		MarkRenderDynamicDataDirty();
	}
}

void UTalkwireMeshComponent::GetVertices(TArray<FVector3f>& Positions, TArray<FVector3f>& Normals, TArray<uint32>& Triangles) const
{
	if (Poses.IsValid())
	{
		const int32 Taken = Poses->Take();
		const FTalkwirePose& Pose = Poses->Wait(Taken);
		Positions = Pose.GetPositions();
		Normals = Pose.GetNormals();
		Triangles = Geometry->Triangles;
		Poses->Give(Taken);
	}
}
