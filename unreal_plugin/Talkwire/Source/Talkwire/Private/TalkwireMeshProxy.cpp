#include "TalkwireMeshProxy.h"

#include <cstring>

#include "MaterialDomain.h"
#include "Materials/Material.h"
#include "Materials/MaterialRenderProxy.h"
#include "PrimitiveViewRelevance.h"
#include "RenderingThread.h"
#include "SceneInterface.h"
#include "SceneManagement.h"
#include "TalkwireLog.h"
#include "TalkwireMeshComponent.h"

DECLARE_CYCLE_STAT(TEXT("to the card (render thread)"), STAT_TalkwireUpload, STATGROUP_Talkwire);

namespace
{

template <class T> void Upload(const TArray<T>& Values, FRHIBuffer* Buffer, FRHICommandListBase& RHICmdList)
{
	const uint32 Size = uint32(Values.Num()) * uint32(sizeof(T));
	void* Memory = RHICmdList.LockBuffer(Buffer, 0, Size, RLM_WriteOnly);
	std::memcpy(Memory, Values.GetData(), Size);
	RHICmdList.UnlockBuffer(Buffer);
}

} // namespace

FTalkwireMeshProxy::FTalkwireMeshProxy(UTalkwireMeshComponent& Component, const FTalkwireGeometry& Geometry)
	: FPrimitiveSceneProxy(&Component), Material(Component.GetMaterial(0)),
	  Relevance(Component.GetMaterialRelevance(GetScene().GetFeatureLevel())),
	  Factory(GetScene().GetFeatureLevel(), "FTalkwireMeshProxy")
{
	if (Material == nullptr)
	{
		Material = UMaterial::GetDefaultMaterial(MD_Surface);
	}
	TArray<FDynamicMeshVertex> Made; // where they are comes with the first pose
	for (const FVector2f& Uv : Geometry.Uvs)
	{
		Made.Add(FDynamicMeshVertex(FVector3f::ZeroVector));
		Made.Last().TextureCoordinate[0] = Uv;
	}
	Vertices.StaticMeshVertexBuffer.SetUseHighPrecisionTangentBasis(true); // on a smooth skin 8 bits are seen
	Vertices.StaticMeshVertexBuffer.SetUseFullPrecisionUVs(true);
	Vertices.InitFromDynamicVertex(&Factory, Made, 1);
	Indices.Indices = Geometry.Triangles;
	BeginInitResource(&Indices);
}

FTalkwireMeshProxy::~FTalkwireMeshProxy()
{
	Vertices.PositionVertexBuffer.ReleaseResource();
	Vertices.StaticMeshVertexBuffer.ReleaseResource();
	Vertices.ColorVertexBuffer.ReleaseResource();
	Indices.ReleaseResource();
	Factory.ReleaseResource();
}

void FTalkwireMeshProxy::Show(const FTalkwirePose& Pose, FRHICommandListBase& RHICmdList)
{
	SCOPE_CYCLE_COUNTER(STAT_TalkwireUpload);
	if (uint32(Pose.GetPositions().Num()) == Vertices.PositionVertexBuffer.GetNumVertices()) // else of the next head
	{
		Upload(Pose.GetPositions(), Vertices.PositionVertexBuffer.VertexBufferRHI, RHICmdList);
		Upload(Pose.GetTangents(), Vertices.StaticMeshVertexBuffer.TangentsVertexBuffer.VertexBufferRHI, RHICmdList);
	}
}

SIZE_T FTalkwireMeshProxy::GetTypeHash() const
{
	static size_t Unique;
	return reinterpret_cast<size_t>(&Unique);
}

FPrimitiveViewRelevance FTalkwireMeshProxy::GetViewRelevance(const FSceneView* View) const
{
	FPrimitiveViewRelevance Made;
	Made.bDrawRelevance = IsShown(View);
	Made.bShadowRelevance = IsShadowCast(View);
	Made.bDynamicRelevance = true;
	Made.bRenderInMainPass = ShouldRenderInMainPass();
	Made.bRenderCustomDepth = ShouldRenderCustomDepth();
	Made.bUsesLightingChannels = GetLightingChannelMask() != GetDefaultLightingChannelMask();
	Relevance.SetPrimitiveViewRelevance(Made);
	Made.bVelocityRelevance = DrawsVelocity() && Made.bOpaque && Made.bRenderInMainPass;
	return Made;
}

void FTalkwireMeshProxy::GetDynamicMeshElements(const TArray<const FSceneView*>& Views, const FSceneViewFamily& ViewFamily,
	uint32 VisibilityMap, FMeshElementCollector& Collector) const
{
	for (int32 i = 0; i < Views.Num(); ++i)
	{
		if (VisibilityMap & (1u << i))
		{
			FMeshBatch& Batch = Collector.AllocateMesh();
			Describe(Batch, Collector);
			Collector.AddMesh(i, Batch);
		}
	}
}

void FTalkwireMeshProxy::Describe(FMeshBatch& Batch, FMeshElementCollector& Collector) const
{
	bool bVolumetricLightmap = false, bVelocity = false;
	FMatrix Before; // where it was in the last picture
	int32 Capture = 0;
	GetScene().GetPrimitiveUniformShaderParameters_RenderThread(
		GetPrimitiveSceneInfo(), bVolumetricLightmap, Before, Capture, bVelocity);
	FDynamicPrimitiveUniformBuffer& Uniform = Collector.AllocateOneFrameResource<FDynamicPrimitiveUniformBuffer>();
	Uniform.Set(Collector.GetRHICommandList(), GetLocalToWorld(), Before, GetBounds(), GetLocalBounds(), true, bVolumetricLightmap,
		bVelocity || AlwaysHasVelocity());

	Batch.VertexFactory = &Factory;
	Batch.MaterialRenderProxy = Material->GetRenderProxy();
	Batch.ReverseCulling = IsLocalToWorldDeterminantNegative();
	Batch.Type = PT_TriangleList;
	Batch.DepthPriorityGroup = SDPG_World;
	Batch.bCanApplyViewModeOverrides = true; // wireframe and the like
	FMeshBatchElement& Element = Batch.Elements[0];
	Element.IndexBuffer = &Indices;
	Element.PrimitiveUniformBufferResource = &Uniform.UniformBuffer;
	Element.FirstIndex = 0;
	Element.NumPrimitives = uint32(Indices.Indices.Num()) / 3;
	Element.MinVertexIndex = 0;
	Element.MaxVertexIndex = Vertices.PositionVertexBuffer.GetNumVertices() - 1;
}
