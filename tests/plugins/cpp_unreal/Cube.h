// A head for tests: a cube of 20 cm; two of its triangles are there twice, and one has no area.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "CoreMinimal.h"
#include "Talkwire/Shape.h"

struct FCube
{
	std::vector<float> Vertices, Uvs;
	std::vector<uint32> Triangles, Weld;
	float Low[3] = {-0.1f, -0.1f, -0.1f}, High[3] = {0.1f, 0.1f, 0.1f};

	FCube()
	{
		for (uint32 i = 0; i < 8; ++i)
		{
			for (uint32 j = 0; j < 3; ++j)
			{
				Vertices.push_back(i >> j & 1 ? 0.1f : -0.1f);
			}
			Uvs.insert(Uvs.end(), {float(i) / 8, 0.25f});
			Weld.push_back(i);
		}
		for (const auto& [a, b, c, d] : {std::array<uint32, 4>{4, 5, 7, 6}, {1, 0, 2, 3}, {5, 1, 3, 7}, {0, 4, 6, 2}, {6, 7, 3, 2}, {0, 1, 5, 4}})
		{
			Triangles.insert(Triangles.end(), {a, b, c, a, c, d}); // counter-clockwise, seen from outside
		}
		Triangles.insert(Triangles.end(), {4, 5, 7, 4, 5, 7, 0, 0, 1});
	}

	std::shared_ptr<const talkwire::Head> Head() const
	{
		talkwire::Mesh Mesh;
		std::strcpy(Mesh.topology_id.digits, "0123456789abcdef");
		Mesh.neutral_vx3 = Of(Vertices);
		Mesh.triangles_tx3 = Of(Triangles);
		Mesh.uvs_vx2 = Of(Uvs);
		Mesh.weld_v = Of(Weld);
		Mesh.box_low_m = talkwire::Bytes(reinterpret_cast<const uint8*>(Low), sizeof Low);
		Mesh.box_high_m = talkwire::Bytes(reinterpret_cast<const uint8*>(High), sizeof High);
		return std::make_shared<const talkwire::Head>(Mesh);
	}

	/// With one vertex more, of which no triangle knows.
	static FCube Larger()
	{
		FCube Made;
		Made.Vertices.resize(Made.Vertices.size() + 3);
		Made.Uvs.resize(Made.Uvs.size() + 2);
		Made.Weld.push_back(8);
		return Made;
	}

	/// All its vertices at one place, which is told apart: Mm, Mm, Mm.
	static talkwire::Shape At(float Mm, const std::shared_ptr<const talkwire::Head>& Head)
	{
		static const talkwire::Pool Pool;
		const talkwire::Held<talkwire::Moment> Moment = talkwire::Held<talkwire::Moment>::in(Pool);
		talkwire::Moment& Made = Moment.make();
		Made.topology_id = Head->mesh.topology_id;
		Made.kind = talkwire::Moment::Kind::f32;
		Made.count = uint32(Head->mesh.vertex_count());
		Made.values = Pool.take(3 * Made.count * sizeof(float));
		std::fill_n(reinterpret_cast<float*>(Made.values.data()), 3 * Made.count, 1e-3f * Mm);
		return talkwire::Shape::of(Moment, Head, nullptr);
	}

	template <class T> static talkwire::Bytes Of(const std::vector<T>& Values)
	{
		return {reinterpret_cast<const uint8*>(Values.data()), Values.size() * sizeof(T)};
	}
};
