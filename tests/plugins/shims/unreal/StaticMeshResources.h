// Engine/FStaticMeshVertexBuffers, Rendering/FPositionVertexBuffer, FStaticMeshVertexBuffer, FColorVertexBuffer
#pragma once
#include "DynamicMeshBuilder.h"
#include "LocalVertexFactory.h"
class FVertexBuffer : public FRenderResource {
public:
	virtual void ShimInit() override {
		VertexBufferRHI.Buffer = std::make_shared<FRHIBuffer>();
		VertexBufferRHI.Buffer->ShimBytes.resize(ShimSize);
	}
	FBufferRHIRef VertexBufferRHI;
	std::size_t ShimSize = 0;
};
class FPositionVertexBuffer : public FVertexBuffer {
public:
	uint32 GetNumVertices() const { return uint32(ShimSize / 12); }
};
class FColorVertexBuffer : public FVertexBuffer {};
class FStaticMeshVertexBuffer : public FRenderResource {
public:
	virtual void ShimInit() override { TangentsVertexBuffer.ShimInit(); }
	void SetUseHighPrecisionTangentBasis(bool bHigh) { ShimTangentBytes = bHigh ? 16 : 8; }
	void SetUseFullPrecisionUVs(bool) {}
	FVertexBuffer TangentsVertexBuffer;
	std::vector<FVector2f> ShimUvs;
	std::size_t ShimTangentBytes = 8;
};
struct FStaticMeshVertexBuffers {
	FStaticMeshVertexBuffer StaticMeshVertexBuffer;
	FPositionVertexBuffer PositionVertexBuffer;
	FColorVertexBuffer ColorVertexBuffer;
	void InitFromDynamicVertex(FLocalVertexFactory* Factory, TArray<FDynamicMeshVertex>& Vertices, uint32 = 1, uint32 = 0) {
		const std::size_t Count = std::size_t(Vertices.Num());
		PositionVertexBuffer.ShimSize = 12 * Count;
		ColorVertexBuffer.ShimSize = 4 * Count;
		StaticMeshVertexBuffer.TangentsVertexBuffer.ShimSize = StaticMeshVertexBuffer.ShimTangentBytes * Count;
		for (const FDynamicMeshVertex& One : Vertices) { StaticMeshVertexBuffer.ShimUvs.push_back(One.TextureCoordinate[0]); }
		Factory->ShimBuffers = this;
		FShimRender()([this, Factory](FRHICommandListImmediate&) {
			PositionVertexBuffer.ShimPut();
			StaticMeshVertexBuffer.ShimPut();
			ColorVertexBuffer.ShimPut();
			Factory->ShimPut();
		});
	}
};
