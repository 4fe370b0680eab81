// GeometryCore/DynamicMesh/FDynamicMeshAttributeSet, TDynamicMeshVectorOverlay; GeometryCore/IndexTypes/FIndex3i
#pragma once
#include "CoreMinimal.h"
namespace UE::Geometry {
struct FIndex3i {
	int A = -1, B = -1, C = -1;
	FIndex3i() = default;
	FIndex3i(int a, int b, int c) : A(a), B(b), C(c) {}
};
template <class V> class TShimOverlay {
public:
	int AppendElement(const V& Value) { Elements.push_back(Value); return int(Elements.size()) - 1; }
	void SetElement(int Id, const V& Value) { Elements.at(std::size_t(Id)) = Value; }
	V GetElement(int Id) const { return Elements.at(std::size_t(Id)); }
	void SetTriangle(int Id, const FIndex3i& Corners) {
		Triangles.resize(std::max(Triangles.size(), std::size_t(Id) + 1));
		Triangles[std::size_t(Id)] = Corners;
	}
	FIndex3i GetTriangle(int Id) const { return Triangles.at(std::size_t(Id)); }
	std::vector<V> Elements;
	std::vector<FIndex3i> Triangles;
};
using FDynamicMeshNormalOverlay = TShimOverlay<FVector3f>;
using FDynamicMeshUVOverlay = TShimOverlay<FVector2f>;
class FDynamicMeshAttributeSet {
public:
	FDynamicMeshNormalOverlay* PrimaryNormals() { return &Normals; }
	FDynamicMeshUVOverlay* PrimaryUV() { return &Uvs; }

private:
	FDynamicMeshNormalOverlay Normals;
	FDynamicMeshUVOverlay Uvs;
};
}
