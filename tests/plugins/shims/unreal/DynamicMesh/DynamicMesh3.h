// GeometryCore/DynamicMesh/FDynamicMesh3: no edge has three triangles, and no two run along it in one direction
#pragma once
#include <map>
#include "CoreMinimal.h"
#include "DynamicMesh/DynamicMeshAttributeSet.h"
namespace UE::Geometry {
class FDynamicMesh3 {
public:
	void Clear() { *this = FDynamicMesh3(); }
	void EnableAttributes() { Set = std::make_shared<FDynamicMeshAttributeSet>(); }
	FDynamicMeshAttributeSet* Attributes() { return Set.get(); }
	int AppendVertex(const FVector3d& Place) { Vertices.push_back(Place); return int(Vertices.size()) - 1; }
	int AppendTriangle(const FIndex3i& T, int = 0) {
		const std::pair<int, int> Sides[] = {{T.A, T.B}, {T.B, T.C}, {T.C, T.A}};
		for (const auto& [From, To] : Sides) {
			if (Edges[{std::min(From, To), std::max(From, To)}] == 2) { return -2; }
		}
		for (const auto& [From, To] : Sides) { ++Edges[{std::min(From, To), std::max(From, To)}]; }
		Triangles.push_back(T);
		return int(Triangles.size()) - 1;
	}
	void SetVertex(int Id, const FVector3d& Place) { Vertices.at(std::size_t(Id)) = Place; }
	FVector3d GetVertex(int Id) const { return Vertices.at(std::size_t(Id)); }
	FIndex3i GetTriangle(int Id) const { return Triangles.at(std::size_t(Id)); }
	int VertexCount() const { return int(Vertices.size()); }
	int TriangleCount() const { return int(Triangles.size()); }

private:
	std::vector<FVector3d> Vertices;
	std::vector<FIndex3i> Triangles;
	std::map<std::pair<int, int>, int> Edges;
	std::shared_ptr<FDynamicMeshAttributeSet> Set;
};
}
