// What an NPC takes of a frame of the loop that plays the engine, by thread, as JSON: bench FOLDER (of tool_decode's parts), with
// a server in this process; bench --server ENDPOINT, its first avatar alone. Times are of each thread's processor.
#include "../cpp/part.h"
#include "../cpp/server.h"
#include "Json.h"
#include "Loop.h"

namespace
{

using namespace talkwire;

constexpr uint32 RateHz = 48'000, Step = RateHz / 60;
constexpr int32 WarmTicks = 120, Ticks = 600;
constexpr uint32 TexturePx = 512, PatchPx = 128;

struct FPart
{
	Buffer Bytes;
	Media Read;
	template <class T> T& As() { return *std::get_if<T>(&Read.message); }
};

/// What is published: an endless line and its sound, 0.15 s ahead of it; or in fades, where another idle utterance begins after
/// every four pictures.
struct FScene
{
	const char* What;
	bool bBasis, bFades;
};

class FFaker
{
public:
	explicit FFaker(const std::string& Folder)
	{
		bRead = read_part(Folder + "/mesh.bin", Mesh.Bytes, Mesh.Read) && read_part(Folder + "/basis.bin", Basis.Bytes, Basis.Read) &&
			read_part(Folder + "/frame_q16.bin", Q16.Bytes, Q16.Read) && read_part(Folder + "/frame_basis.bin", Short.Bytes, Short.Read);
		Texture.topology_id = Mesh.As<talkwire::Mesh>().topology_id;
		Texture.format = ImageFormat::bc1;
		Texture.width_px = Texture.height_px = TexturePx;
		Texture.image = {Blocks.data(), TexturePx * TexturePx / 2};
	}

	/// What is asked for once, and frames and sound until they reach this tick.
	void Publish(const FScene& Scene, int32 Npcs, int32 Tick)
	{
		const bool bBegins = Tick == 0 || (Scene.bFades && Tick % 4 == 0);
		Utterance += bBegins;
		Next = bBegins ? 0 : Next;
		for (const uint32 Until = Next + (bBegins ? (Scene.bFades ? 6 : 10) : 1); Next < Until; ++Next)
		{
			for (int32 i = 0; i < Npcs; ++i)
			{
				const std::string Npc = "npc" + std::to_string(i);
				if (Scene.bBasis)
				{
					Server.publish(Npc, Plane::frame_basis, Stamped(Short.As<Coefficients>(), Scene));
				}
				else
				{
					Server.publish(Npc, Plane::frame_q16, Stamped(Q16.As<Frame>(), Scene));
				}
				Patch Changed;
				Changed.patches.add({128, 128, PatchPx, PatchPx, ImageFormat::bc1, {Blocks.data(), PatchPx * PatchPx / 2}});
				Changed.topology_id = Texture.topology_id;
				Server.publish(Npc, Plane::patch_bc1, Stamped(Changed, Scene));
				if (!Scene.bFades)
				{
					Audio Sound;
					Sound.samples = {Blocks.data(), 2 * Step};
					Server.publish(Npc, Plane::audio, Stamped(Sound, Scene));
				}
			}
		}
	}

	/// Heads and textures to all of them, once they read them.
	void Introduce(const FScene& Scene, int32 Npcs, FLoop& Loop)
	{
		Loop.TickUntil([&]() {
			bool bAll = true;
			for (int32 i = 0; i < Npcs; ++i)
			{
				const std::string Npc = "npc" + std::to_string(i);
				bAll = bAll && Server.is_read(Npc, Plane::mesh) && Server.is_read(Npc, Scene.bBasis ? Plane::basis : Plane::frame_q16) &&
					Server.is_read(Npc, Plane::audio) && Server.is_read(Npc, Plane::texture_bc1);
			}
			return bAll;
		});
		for (int32 i = 0; i < Npcs; ++i)
		{
			const std::string Npc = "npc" + std::to_string(i);
			Server.publish(Npc, Plane::mesh, Mesh.As<talkwire::Mesh>());
			Server.publish(Npc, Plane::basis, Basis.As<talkwire::Basis>());
			Server.publish(Npc, Plane::texture_bc1, Texture);
		}
	}

	checks::Server Server;
	bool bRead = false;
	std::size_t GetVertexCount() { return Mesh.As<talkwire::Mesh>().vertex_count(); }

private:
	template <class T> T& Stamped(T& Message, const FScene& Scene) const
	{
		Message.utterance = Utterance;
		Message.generation = 1;
		Message.pts = uint64(Next) * Step;
		Message.sample_rate_hz = RateHz;
		Message.flags = uint8(Scene.bFades ? KEY | IDLE : KEY);
		Message.server_ns = uint64(clock_ns());
		if constexpr (std::is_base_of_v<Stamp, T>)
		{
			Message.seq = Next;
		}
		else
		{
			Message.flags = 0; // of sound
		}
		return Message;
	}

	FPart Mesh, Basis, Q16, Short;
	talkwire::Texture Texture;
	std::vector<uint8> Blocks = std::vector<uint8>(TexturePx * TexturePx / 2, 3);
	uint32 Utterance = 0, Next = 0;
};

Json Percentiles(std::vector<double> Us, double Npcs = 1.0)
{
	Json Made = Json::array();
	std::sort(Us.begin(), Us.end());
	for (const double Share : {0.5, 0.99})
	{
		Made.add(Json::number(Us.empty() ? 0.0 : std::round(100.0 * Us[std::size_t(Share * double(Us.size() - 1))] / Npcs) / 100.0));
	}
	return Made;
}

/// Ticks of a loop that is warm: each thread's time for an NPC, [p50, p99] in microseconds.
template <class F> Json Measure(FLoop& Loop, const char* What, int32 Npcs, const F& BeforeTick)
{
	for (int32 i = 0; i < WarmTicks + Ticks; ++i)
	{
		if (i == WarmTicks)
		{
			Loop.Flush();
			FShimStat::bKept = true;
		}
		BeforeTick(i);
		Loop.Tick();
	}
	Loop.Flush();
	FShimStat::bKept = false;
	Json Row = Json::object(), Parts = Json::object();
	Row.set("what", Json::string(What));
	Row.set("npcs", Json::whole(Npcs));
	std::lock_guard<std::mutex> Hold(FShimStat::Lock);
	Row.set("game_thread_us", Percentiles(FShimStat::TookUs["the game thread's frame"], Npcs));
	Row.set("worker_us", Percentiles(FShimStat::TookUs["vertices and normals (a worker)"]));
	Row.set("render_thread_us", Percentiles(FShimStat::TookUs["to the card (render thread)"]));
	for (const auto& [Words, Us] : FShimStat::TookUs)
	{
		if (Words.rfind("of it: ", 0) == 0)
		{
			Parts.set(Words.substr(7), Percentiles(Us));
		}
	}
	Row.set("of_a_tick_us", std::move(Parts));
	Row.set("poses", Json::whole(int64(FShimStat::TookUs["vertices and normals (a worker)"].size())));
	FShimStat::TookUs.clear();
	return Row;
}

/// Npcs components, of which a far camera makes those that are read as coefficients.
Json Row(const std::string& Folder, const FScene& Scene, int32 Npcs, std::size_t& Vertices)
{
	FFaker Faker(Folder);
	if (!Faker.bRead)
	{
		std::exit(1);
	}
	Vertices = Faker.GetVertexCount();
	FLoop Loop(Faker.Server.endpoint());
	for (int32 i = 0; i < Npcs; ++i)
	{
		AActor* Actor = Loop.Spawn(true);
		APlayerController* Controller = ShimMake<APlayerController>(nullptr);
		Controller->ShimCamera = FVector(Scene.bBasis ? 1'000.0 : 100.0, 0.0, 0.0);
		Actor->ShimWorld->ShimController = Controller;
		Loop.AddFace(Actor, "npc" + std::to_string(i))->BeginPlay();
	}
	Faker.Introduce(Scene, Npcs, Loop);
	return Measure(Loop, Scene.What, Npcs, [&](int32 Tick) { Faker.Publish(Scene, Npcs, Tick); });
}

Json Shipped(const std::string& Endpoint)
{
	FLoop Loop(Endpoint);
	UTalkwireFaceComponent* Face = Loop.AddFace(Loop.Spawn(true), "bench");
	Face->BeginPlay();
	Loop.TickUntil([&]() { return FLoop::HasHead(Face) && Face->GetTexture() != nullptr; });
	TArray<FVector3f> Positions, Normals;
	TArray<uint32> Triangles;
	Face->GetMesh()->GetVertices(Positions, Normals, Triangles);
	Json Made = Measure(Loop, "talkwire serve, its first avatar", 1, [](int32) {});
	Made.set("vertices", Json::whole(Positions.Num()));
	return Made;
}

} // namespace

int main(int Count, char** Words)
{
	if (Count == 3 && std::string(Words[1]) == "--server")
	{
		std::printf("%s\n", Shipped(Words[2]).text().c_str());
		return 0;
	}
	if (Count != 2)
	{
		std::fprintf(stderr, "usage: bench FOLDER, or bench --server ENDPOINT\n");
		return 2;
	}
	const FScene Scenes[] = {{"q16", false, false}, {"q16 in fades", false, true}, {"basis", true, false}, {"basis in fades", true, true}};
	std::size_t Vertices = 0;
	Json Rows = Json::array();
	for (const FScene& Scene : Scenes)
	{
		for (const int32 Npcs : {1, 16})
		{
			Rows.add(Row(Words[1], Scene, Npcs, Vertices));
		}
	}
	Json Made = Json::object();
	Made.set("vertices", Json::whole(int64(Vertices)));
	Made.set("of", Json::string("an NPC, [p50, p99]"));
	Made.set("budget_us", Json::whole(100)); // of the game thread
	Made.set("rows", std::move(Rows));
	std::printf("%s\n", Made.text().c_str());
	return 0;
}
