#include "TalkwireGeometry.h"

#include <algorithm>
#include <cmath>

#include "Talkwire/AxisMap.h"
#include "Talkwire/Bytes.h"

static_assert(sizeof(FVector3f) == 3 * sizeof(float), "what the core writes and the card reads");

namespace
{

FBox BoxOf(const talkwire::Mesh& Said)
{
	float Corners[6];
	for (std::size_t i = 0; i < 3; ++i)
	{
		Corners[i] = talkwire::load<float>(Said.box_low_m.data, i);
		Corners[3 + i] = talkwire::load<float>(Said.box_high_m.data, i);
	}
	talkwire::AxisMap::unreal().positions(Corners, 2, Corners);
	return FBox(FVector(Corners[0], Corners[1], Corners[2]), FVector(Corners[3], Corners[4], Corners[5]));
}

/// Some unit vector at right angles to a unit vector, without a branch (Duff et al. 2017, "Building an Orthonormal Basis,
/// Revisited"). The wire has no tangents; a material with a normal map wants one that does not jump.
FVector3f Across(const FVector3f& Normal)
{
	const float Sign = std::copysign(1.0f, Normal.Z);
	const float By = -1.0f / (Sign + Normal.Z);
	return FVector3f(1.0f + Sign * Normal.X * Normal.X * By, Sign * Normal.X * Normal.Y * By, -Sign * Normal.X);
}

} // namespace

FTalkwireGeometry::FTalkwireGeometry(const talkwire::Head& Head) : Box(BoxOf(Head.mesh))
{
	const talkwire::Mesh& Said = Head.mesh;
	const std::size_t Corners = 3 * Said.triangle_count();
	Triangles.SetNumUninitialized(int32(Corners));
	for (std::size_t i = 0; i < Corners; ++i)
	{
		Triangles[int32(i)] = talkwire::load<std::uint32_t>(Said.triangles_tx3.data, i);
	}
	talkwire::AxisMap::unreal().triangles(Triangles.GetData(), Corners / 3, Triangles.GetData());
	Uvs.SetNumUninitialized(int32(Said.vertex_count()));
	for (int32 i = 0; i < Uvs.Num(); ++i)
	{
		const std::size_t At = 2 * std::size_t(i); // v grows downward here, too
		Uvs[i] = FVector2f(talkwire::load<float>(Said.uvs_vx2.data, At), talkwire::load<float>(Said.uvs_vx2.data, At + 1));
	}
}

FTalkwirePose::FTalkwirePose(const talkwire::Head& Head)
{
	const int32 Count = int32(Head.mesh.vertex_count());
	Positions.SetNumUninitialized(Count);
	Normals.SetNumUninitialized(Count);
	Tangents.SetNumUninitialized(Count);
	Smooth.reset(Head.mesh);
	std::copy(Head.neutral_vx3.begin(), Head.neutral_vx3.end(), Values(Positions));
	Smooth.compute(Values(Positions), Values(Normals));
	Finish();
}

void FTalkwirePose::Compute(const talkwire::Shape& Shape)
{
	if (Shape.vertex_count() != std::size_t(Positions.Num()))
	{
		return;
	}
	Shape.vertices(Values(Positions));
	if (!Shape.normals(Values(Normals)))
	{
		Smooth.compute(Values(Positions), Values(Normals));
	}
	Finish();
}

/// To the engine's axes, and packed.
void FTalkwirePose::Finish()
{
	const talkwire::AxisMap Map = talkwire::AxisMap::unreal();
	const std::size_t Count = std::size_t(Positions.Num());
	Map.positions(Values(Positions), Count, Values(Positions));
	Map.directions(Values(Normals), Count, Values(Normals));
	const FVector3f* Normal = Normals.GetData();
	FTangents* Packed = Tangents.GetData();
	for (std::size_t i = 0; i < Count; ++i)
	{
		Packed[i].X = FPackedRGBA16N(Across(Normal[i]));
		Packed[i].Z = FPackedRGBA16N(Normal[i]);
	}
}
