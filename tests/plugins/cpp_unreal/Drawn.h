// What a component would draw: read from the buffers that its proxy has on the card. Only while the render thread stands.
#pragma once

#include <cstring>

#include "Components/MeshComponent.h"
#include "PackedNormal.h"
#include "SceneManagement.h"

struct FDrawn
{
	std::vector<FVector3f> Positions, Normals, Tangents;
	std::vector<FVector2f> Uvs;
	std::vector<uint32> Triangles;
	int32 Written = 0; // how often its positions were put on the card

	/// Nothing where it has no proxy.
	static FDrawn Of(const UMeshComponent& Component)
	{
		FDrawn Made;
		if (Component.SceneProxy == nullptr)
		{
			return Made;
		}
		const FSceneView View;
		FMeshElementCollector Collector;
		Component.SceneProxy->GetDynamicMeshElements(TArray<const FSceneView*>{&View}, FSceneViewFamily(), 1, Collector);
		const FMeshBatch& Batch = *Collector.ShimAdded.at(0);
		const FStaticMeshVertexBuffers& Buffers = *static_cast<const FLocalVertexFactory*>(Batch.VertexFactory)->ShimBuffers;
		const FRHIBuffer& Positions = *Buffers.PositionVertexBuffer.VertexBufferRHI.Buffer;
		const std::vector<uint8>& Packed = Buffers.StaticMeshVertexBuffer.TangentsVertexBuffer.VertexBufferRHI.Buffer->ShimBytes;
		Made.Positions.resize(Positions.ShimBytes.size() / sizeof(FVector3f));
		std::memcpy(static_cast<void*>(Made.Positions.data()), Positions.ShimBytes.data(), Positions.ShimBytes.size());
		Made.Written = Positions.ShimWritten;
		for (std::size_t At = 0; At < Packed.size(); At += 2 * sizeof(FPackedRGBA16N))
		{
			FPackedRGBA16N Both[2];
			std::memcpy(Both, &Packed[At], sizeof Both);
			Made.Tangents.push_back(Both[0].ToFVector3f());
			Made.Normals.push_back(Both[1].ToFVector3f());
		}
		Made.Uvs = Buffers.StaticMeshVertexBuffer.ShimUvs;
		const auto& Indices = static_cast<const FDynamicMeshIndexBuffer32*>(Batch.Elements[0].IndexBuffer)->Indices;
		Made.Triangles.assign(Indices.begin(), Indices.end());
		return Made;
	}
};
