// From the wire's vertices to a dynamic mesh's, and back to nothing but copies.
#pragma once

#include <vector>

#include "CoreMinimal.h"
#include "DynamicMesh/DynamicMesh3.h"
#include "Talkwire/Normals.h"
#include "Talkwire/Shape.h"

/// One head's mesh. Vertex, normal and texture coordinate of one number belong together, as they do on the wire. A dynamic mesh
/// holds no edge of three triangles, and no triangle twice: where the wire has one, its corners are copies.
struct FTalkwireGeometry
{
	/// The mesh at rest.
	void Build(const talkwire::Head& Head, UE::Geometry::FDynamicMesh3& Mesh);
	/// False where the shape is of another head.
	bool Pose(const talkwire::Shape& Shape, UE::Geometry::FDynamicMesh3& Mesh);

private:
	void Place(UE::Geometry::FDynamicMesh3& Mesh);
	int32 Append(uint32 Source, UE::Geometry::FDynamicMesh3& Mesh);

	std::vector<uint32> Sources; // of each vertex of the mesh: the wire's
	std::vector<float> VerticesVx3, NormalsVx3, UvsVx2;
	talkwire::VertexNormals Smooth;
};
