// An engine of one Actor: worlds, a game thread that ticks, an audio thread that pulls, a render thread that copies.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>

#include "Async/Async.h"
#include "Components/SynthComponent.h"
#include "Containers/Ticker.h"
#include "Engine/Engine.h"
#include "Engine/World.h"
#include "GameFramework/Actor.h"
#include "GameFramework/PlayerController.h"
#include "Materials/MaterialInstanceDynamic.h"
#include "Misc/CoreDelegates.h"
#include "RenderingThread.h"
#include "ShimTexture.h"
#include "Stats/Stats.h"
#include "Talkwire/Link.h"
#include "TalkwireFaceComponent.h"
#include "TalkwireMeshComponent.h"
#include "TalkwireSettings.h"
#include "TalkwireSubsystem.h"
#include "Tasks/Task.h"

/// Of the game thread, while a component ticks: what the test's operator new counts.
inline thread_local bool bShimCounts = false;
inline thread_local int64 ShimAllocations = 0;

/// What is told of lines and connections, as words.
class UShimListener : public UObject
{
	SHIM_CLASS(UShimListener, UObject)
	void Started(int32 Line) { Heard += "started " + std::to_string(Line) + ", "; }
	void Ended(int32 Line) { Heard += "ended " + std::to_string(Line) + ", "; ++Ends; }
	void Interrupted(int32 Line) { Heard += "interrupted " + std::to_string(Line) + ", "; ++Ends; }
	void IsLost(int32 Line, const FString&) { Lost += std::to_string(Line) + ", "; }
	void Connected(ETalkwireState State) { Connection += std::to_string(int(State)); }
	std::string Heard, Lost, Connection;
	int32 Ends = 0;
};

/// From Initialize to Deinitialize of the subsystem. Tick() is one frame of 60 in a second; the render thread has the one before.
class FLoop
{
public:
	explicit FLoop(const std::string& Endpoint)
	{
		GEngine = &Engine;
		Engine.ShimSubsystem = Subsystem = ShimMake<UTalkwireSubsystem>(&Engine);
		GetMutableDefault<UTalkwireSettings>()->Endpoint = FString(ShimWide(Endpoint.c_str()).c_str());
		FSubsystemCollectionBase Collection;
		Subsystem->Initialize(Collection);
		FShimWorkers::Get().Start();
		AudioThread = std::thread([this]() { Play(); });
		RenderThread = std::thread([this]() { Render(); });
	}

	~FLoop()
	{
		const std::int64_t Then = talkwire::clock_ns();
		Subsystem->Deinitialize();
		StopMs = double(talkwire::clock_ns() - Then) / 1e6;
		HandOver();
		Flush();
		ShimObjects().clear();
		HandOver(); // proxies go with their components
		Flush();
		{
			std::lock_guard<std::mutex> Hold(RenderLock);
			bStop = true;
		}
		RenderChanged.notify_all();
		RenderThread.join();
		AudioThread.join();
		FShimWorkers::Get().Stop();
		GEngine = nullptr;
	}

	AActor* Spawn(bool bGame)
	{
		UWorld* World = ShimMake<UWorld>(nullptr);
		World->bShimGame = bGame;
		AActor* Actor = ShimMake<AActor>(nullptr);
		Actor->ShimWorld = World;
		Actor->ShimRoot = NewObject<USceneComponent>(Actor);
		Actor->ShimRoot->RegisterComponent();
		return Actor;
	}

	UTalkwireFaceComponent* AddFace(AActor* Actor, const std::string& Npc)
	{
		UTalkwireFaceComponent* Face = NewObject<UTalkwireFaceComponent>(Actor);
		Face->Npc = FString(ShimWide(Npc.c_str()).c_str());
		Face->HeadMaterial = ShimMake<UMaterialInterface>(nullptr);
		Face->RegisterComponent();
		Faces.push_back(Face);
		return Face;
	}

	void Remove(UTalkwireFaceComponent* Face)
	{
		Faces.erase(std::remove(Faces.begin(), Faces.end(), Face), Faces.end());
		Face->DestroyComponent();
	}

	void Tick()
	{
		Due += std::chrono::microseconds(16'667);
		std::this_thread::sleep_until(Due);
		Due = std::max(Due, std::chrono::steady_clock::now() - std::chrono::milliseconds(50));
		const std::int64_t Then = talkwire::clock_ns();
		Game();
		const double TookMs = double(talkwire::clock_ns() - Then) / 1e6;
		LongestTickMs = std::max(LongestTickMs, TookMs);
		SumTickMs += TookMs;
		++Ticks;
		HandOver();
	}

	/// Until the render thread stands still, so that what is on the card can be looked at.
	void Flush()
	{
		std::unique_lock<std::mutex> Hold(RenderLock);
		RenderChanged.wait(Hold, [this]() { return !bFrame; });
	}

	template <class F> bool TickUntil(F Is, double Seconds = 20.0)
	{
		for (const std::int64_t End = talkwire::clock_ns() + std::int64_t(Seconds * 1e9); talkwire::clock_ns() < End;)
		{
			if (Is())
			{
				return true;
			}
			Tick();
		}
		return Is();
	}

	static bool HasHead(UTalkwireFaceComponent* Face) { return Face->GetMesh() != nullptr && Face->GetMesh()->ShimSent > 3; } // rest, a material, poses

	UTalkwireSubsystem* Subsystem = nullptr;
	std::vector<UTalkwireFaceComponent*> Faces;
	double LongestTickMs = 0.0, SumTickMs = 0.0;
	int64 Ticks = 0;
	std::atomic<float> Loudest{0.0f};
	static inline double StopMs = 0.0; // how long Deinitialize took last

private:
	/// What the game thread does of a frame.
	void Game()
	{
		const FShimStat Took(TEXT("the game thread's frame"));
		FTSTicker::GetCoreTicker().Tick(1.0f / 60);
		FShimGameThread::Run();
		for (UTalkwireFaceComponent* Face : Faces)
		{
			const bool bGame = Face->GetWorld()->IsGameWorld();
			if (bGame || Face->bTickInEditor)
			{
				bShimCounts = true;
				Face->TickComponent(1.0f / 60, bGame ? LEVELTICK_All : LEVELTICK_ViewportsOnly, &Face->PrimaryComponentTick);
				bShimCounts = false;
			}
		}
		bShimCounts = true;
		UActorComponent::ShimEndOfFrame();
		bShimCounts = false;
	}

	/// 512 samples of every generator each 10.67 ms.
	void Play()
	{
		std::vector<float> Block(512);
		for (auto At = std::chrono::steady_clock::now(); !bStop; At += std::chrono::microseconds(10'667))
		{
			std::this_thread::sleep_until(At);
			std::lock_guard<std::mutex> Hold(USynthComponent::ShimLock);
			float Peak = 0.0f;
			for (const ISoundGeneratorPtr& One : USynthComponent::ShimGenerators)
			{
				One->OnGenerateAudio(Block.data(), int32(Block.size()));
				for (const float Sample : Block)
				{
					Peak = std::max(Peak, std::fabs(Sample));
				}
			}
			Loudest = Peak;
		}
	}

	/// All that this frame has for the render thread, once it has done the one before.
	void HandOver()
	{
		Flush();
		{
			std::lock_guard<std::mutex> Hold(RenderLock);
			Commands.swap(FShimRender::Commands);
			Textures.swap(UTexture2D::ShimRender);
			bFrame = true;
		}
		RenderChanged.notify_all();
	}

	void Render()
	{
		for (std::unique_lock<std::mutex> Hold(RenderLock); ;)
		{
			RenderChanged.wait(Hold, [this]() { return bFrame || bStop; });
			if (!bFrame)
			{
				return;
			}
			Hold.unlock();
			FShimRender::Run(Commands);
			for (const auto& One : Textures)
			{
				One();
			}
			Textures.clear();
			Hold.lock();
			bFrame = false;
			RenderChanged.notify_all();
		}
	}

	UEngine Engine;
	std::thread AudioThread, RenderThread;
	std::atomic<bool> bStop{false};
	std::mutex RenderLock;
	std::condition_variable RenderChanged;
	bool bFrame = false; // the render thread's, until it is done
	std::vector<FShimWork> Commands;
	std::vector<std::function<void()>> Textures;
	std::chrono::steady_clock::time_point Due = std::chrono::steady_clock::now();
};
