#include "TalkwireGeometry.h"

#include "DynamicMesh/DynamicMeshAttributeSet.h"
#include "Talkwire/AxisMap.h"
#include "Talkwire/Bytes.h"

using UE::Geometry::FDynamicMesh3;
using UE::Geometry::FIndex3i;

void FTalkwireGeometry::Build(const talkwire::Head& Head, FDynamicMesh3& Mesh)
{
	const talkwire::Mesh& Said = Head.mesh;
	const std::size_t Count = Said.vertex_count();
	VerticesVx3 = Head.neutral_vx3;
	NormalsVx3.resize(3 * Count);
	UvsVx2.resize(2 * Count);
	for (std::size_t i = 0; i < UvsVx2.size(); ++i)
	{
		UvsVx2[i] = talkwire::load<float>(Said.uvs_vx2.data, i); // v grows downward here, too
	}
	Smooth.reset(Said);
	Smooth.compute(VerticesVx3.data(), NormalsVx3.data());

	Mesh.Clear();
	Mesh.EnableAttributes();
	Sources.clear();
	for (uint32 i = 0; i < Count; ++i)
	{
		Append(i, Mesh);
	}
	for (std::size_t i = 0; i < Said.triangle_count(); ++i)
	{
		uint32 Corners[3];
		for (std::size_t j = 0; j < 3; ++j)
		{
			Corners[j] = talkwire::load<std::uint32_t>(Said.triangles_tx3.data, 3 * i + j);
		}
		if (Corners[0] == Corners[1] || Corners[1] == Corners[2] || Corners[2] == Corners[0])
		{
			continue; // nothing to be seen
		}
		talkwire::AxisMap::unreal().triangles(Corners, 1, Corners);
		FIndex3i Triangle{int32(Corners[0]), int32(Corners[1]), int32(Corners[2])};
		int32 Id = Mesh.AppendTriangle(Triangle);
		if (Id < 0)
		{
			Triangle = FIndex3i(Append(Corners[0], Mesh), Append(Corners[1], Mesh), Append(Corners[2], Mesh));
			Id = Mesh.AppendTriangle(Triangle);
		}
		Mesh.Attributes()->PrimaryNormals()->SetTriangle(Id, Triangle);
		Mesh.Attributes()->PrimaryUV()->SetTriangle(Id, Triangle);
	}
	Place(Mesh);
}

bool FTalkwireGeometry::Pose(const talkwire::Shape& Shape, FDynamicMesh3& Mesh)
{
	if (3 * Shape.vertex_count() != VerticesVx3.size())
	{
		return false;
	}
	Shape.vertices(VerticesVx3.data());
	if (!Shape.normals(NormalsVx3.data()))
	{
		Smooth.compute(VerticesVx3.data(), NormalsVx3.data());
	}
	Place(Mesh);
	return true;
}

void FTalkwireGeometry::Place(FDynamicMesh3& Mesh)
{
	const talkwire::AxisMap Map = talkwire::AxisMap::unreal();
	const std::size_t Count = VerticesVx3.size() / 3;
	Map.positions(VerticesVx3.data(), Count, VerticesVx3.data());
	Map.directions(NormalsVx3.data(), Count, NormalsVx3.data());
	UE::Geometry::FDynamicMeshNormalOverlay& Normals = *Mesh.Attributes()->PrimaryNormals();
	for (std::size_t i = 0; i < Sources.size(); ++i)
	{
		const float* Vertex = &VerticesVx3[3 * Sources[i]];
		const float* Normal = &NormalsVx3[3 * Sources[i]];
		Mesh.SetVertex(int32(i), FVector3d(Vertex[0], Vertex[1], Vertex[2]));
		Normals.SetElement(int32(i), FVector3f(Normal[0], Normal[1], Normal[2]));
	}
}

int32 FTalkwireGeometry::Append(uint32 Source, FDynamicMesh3& Mesh)
{
	Sources.push_back(Source);
	Mesh.Attributes()->PrimaryNormals()->AppendElement(FVector3f(0.0f, 0.0f, 1.0f));
	Mesh.Attributes()->PrimaryUV()->AppendElement(FVector2f(UvsVx2[2 * Source], UvsVx2[2 * Source + 1]));
	return Mesh.AppendVertex(FVector3d(0.0, 0.0, 0.0));
}
