// From the wire's head to what the card reads of it: triangles that never change, and vertices that move.
#pragma once

#include <vector>

#include "CoreMinimal.h"
#include "PackedNormal.h"
#include "Talkwire/Normals.h"
#include "Talkwire/Shape.h"

/// What never changes. Vertex, normal and texture coordinate of one number belong together, as they do on the wire.
struct FTalkwireGeometry
{
	explicit FTalkwireGeometry(const talkwire::Head& Head);

	TArray<uint32> Triangles; // three corners each
	TArray<FVector2f> Uvs;
	FBox Box; // of the whole motion, which the server says
};

/// One pose, laid out as the card has it.
class FTalkwirePose
{
public:
	/// As a FStaticMeshVertexBuffer holds it, whose tangent basis is of high precision.
	struct FTangents
	{
		FPackedRGBA16N X, Z;
	};

	/// The head at rest. Takes all the memory that it ever needs.
	explicit FTalkwirePose(const talkwire::Head& Head);

	/// Any thread, one at a time. Nothing of a shape of another head.
	void Compute(const talkwire::Shape& Shape);

	const TArray<FVector3f>& GetPositions() const { return Positions; }
	const TArray<FVector3f>& GetNormals() const { return Normals; }
	const TArray<FTangents>& GetTangents() const { return Tangents; }

private:
	float* Values(TArray<FVector3f>& Of) { return &Of.GetData()->X; }
	void Finish();

	TArray<FVector3f> Positions, Normals;
	TArray<FTangents> Tangents;
	talkwire::VertexNormals Smooth;
};
