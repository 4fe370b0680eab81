// The component's life against a server: loop SCENARIO ENDPOINT [N]. The last line is JSON of what was seen.
#include <cstdlib>
#include <cstring>
#include <new>

#include "Drawn.h"
#include "ILiveLinkClient.h"
#include "ILiveLinkSource.h"
#include "Loop.h"
#include "Sound/SoundWave.h"
#include "Talkwire/Client.h"
#include "TalkwireAsyncActions.h"
#include "TalkwireLiveLinkFactory.h"
#include "TalkwireVideoFaceComponent.h"

[[gnu::noinline]] void* operator new(std::size_t Size)
{
	ShimAllocations += bShimCounts;
	void* Memory = std::malloc(Size);
	return Memory != nullptr ? Memory : (std::abort(), nullptr);
}
[[gnu::noinline]] void operator delete(void* Memory) noexcept { std::free(Memory); }
[[gnu::noinline]] void operator delete(void* Memory, std::size_t) noexcept { std::free(Memory); }

namespace
{

/// An "ah" of 0.6 s and as much silence, and so on: stereo, 16 kHz.
USoundWave* Wave(double Seconds)
{
	static constexpr double Formants[][3] = {{730, 90, 1.0}, {1090, 110, 0.7}, {2440, 130, 0.3}, {3400, 200, 0.15}}; // Hz, width, gain
	std::vector<double> Period(400); // 40 ms of 120 Hz and its harmonics, that repeat
	for (std::size_t i = 0; i < Period.size(); ++i)
	{
		for (double Hz = 120; Hz < 4'000; Hz += 120)
		{
			double Strength = 0;
			for (const auto& [At, Width, Gain] : Formants)
			{
				Strength += Gain / std::hypot(1.0, (Hz - At) / (Width / 2));
			}
			Period[i] += Strength / std::sqrt(Hz) * std::sin(2 * 3.14159265358979 * Hz * double(i) / 16'000);
		}
	}
	const double Loudest = *std::max_element(Period.begin(), Period.end());
	USoundWave* Made = ShimMake<USoundWave>(nullptr);
	for (int i = 0; i < int(Seconds * 16'000); ++i)
	{
		const bool bLoud = i / 9'600 % 2 == 0;
		const int16 Value = bLoud ? int16(20'000 * Period[std::size_t(i) % Period.size()] / Loudest) : int16(0);
		for (int j = 0; j < 2; ++j)
		{
			Made->ShimBytes.push_back(uint8(Value & 255));
			Made->ShimBytes.push_back(uint8(Value >> 8 & 255));
		}
	}
	return Made;
}

/// On the card.
std::vector<FVector3f> Vertices(FLoop& Loop, UTalkwireFaceComponent* Face)
{
	Loop.Flush();
	return FDrawn::Of(*Face->GetMesh()).Positions;
}

double Farthest(const std::vector<FVector3f>& A, const std::vector<FVector3f>& B)
{
	float Most = 0;
	for (std::size_t i = 0; i < std::min(A.size(), B.size()); ++i)
	{
		Most = std::max(Most, FVector3f::Dist(A[i], B[i]));
	}
	return Most;
}

struct FListened
{
	FListened(FLoop&, UTalkwireFaceComponent* Face) : Listener(ShimMake<UShimListener>(nullptr))
	{
		Face->OnLineStarted.AddDynamic(Listener, &UShimListener::Started);
		Face->OnLineEnded.AddDynamic(Listener, &UShimListener::Ended);
		Face->OnLineInterrupted.AddDynamic(Listener, &UShimListener::Interrupted);
		Face->OnLineLost.AddUObject(Listener, &UShimListener::IsLost);
		Face->OnConnectionChanged.AddDynamic(Listener, &UShimListener::Connected);
	}
	UShimListener* Listener;
};

void Print(const FLoop& Loop, const std::string& More)
{
	std::printf("{%s, \"ticks\": %lld, \"tick_mean_ms\": %.3f, \"longest_tick_ms\": %.3f, \"warnings\": %d}\n", More.c_str(), Loop.Ticks,
		Loop.SumTickMs / double(std::max<int64>(1, Loop.Ticks)), Loop.LongestTickMs, FShimLog::Warnings);
}

std::string Field(const char* Name, double Value) { return "\"" + std::string(Name) + "\": " + std::to_string(Value); }
std::string Field(const char* Name, const std::string& Value) { return "\"" + std::string(Name) + "\": \"" + Value + "\""; }

int Threads()
{
	int Count = 0;
	if (std::FILE* File = std::fopen("/proc/self/status", "r"))
	{
		for (char Line[256]; std::fgets(Line, sizeof Line, File) != nullptr;)
		{
			Count = std::strncmp(Line, "Threads:", 8) == 0 ? std::atoi(Line + 8) : Count;
		}
		std::fclose(File);
	}
	return Count;
}

/// Play and Stop, with one connection; every tenth time with another engine.
void Cycles(const std::string& Endpoint, int Count)
{
	std::thread([]() {}).join(); // a sanitizer's own thread begins with the first
	const int Before = Threads();
	int Heads = 0;
	double LongestMs = 0, StopMs = 0;
	int64 Ticks = 0;
	for (int i = 0; i < Count; i += 10)
	{
		{
			FLoop Loop(Endpoint);
			for (int j = i; j < std::min(Count, i + 10); ++j)
			{
				AActor* Actor = Loop.Spawn(true);
				UTalkwireFaceComponent* Face = Loop.AddFace(Actor, "cycle");
				Face->BeginPlay();
				Heads += Loop.TickUntil([&]() { return FLoop::HasHead(Face); });
				if (j % 2 == 0)
				{
					Face->Say(Wave(2.0)); // and stop in the middle of it
					Loop.TickUntil([]() { return false; }, 0.2);
				}
				Face->EndPlay(EEndPlayReason::EndPlayInEditor);
				Loop.Remove(Face);
			}
			LongestMs = std::max(LongestMs, Loop.LongestTickMs);
			Ticks += Loop.Ticks;
		}
		StopMs = std::max(StopMs, FLoop::StopMs);
	}
	std::printf("{%s, %s, %s, %s, %s}\n", Field("heads", Heads).c_str(), Field("threads_left", Threads() - Before).c_str(),
		Field("longest_tick_ms", LongestMs).c_str(), Field("longest_stop_ms", StopMs).c_str(), Field("ticks", double(Ticks)).c_str());
}

void Speak(const std::string& Endpoint, bool bCut)
{
	FLoop Loop(Endpoint);
	UTalkwireFaceComponent* Face = Loop.AddFace(Loop.Spawn(true), bCut ? "cut" : "speak");
	FListened Told(Loop, Face);
	Face->BeginPlay();
	Face->SetEmotion(FName(TEXT("joy")), 0.4f);
	const bool bHead = Loop.TickUntil([&]() { return FLoop::HasHead(Face) && Face->GetTexture() != nullptr; });
	Loop.TickUntil([]() { return false; }, 0.5);
	const std::vector<FVector3f> Rest = Vertices(Loop, Face);
	const int32 Line = Face->Say(Wave(2.4));
	double LoudCm = 0, QuietCm = 0;
	int32 LoudTicks = 0, QuietTicks = 0;
	float Loudest = 0;
	const bool bEnded = Loop.TickUntil([&]() {
		Loudest = std::max(Loudest, Loop.Loudest.load());
		const TArray<float> Weights = Face->GetWeights();
		const double Jaw = Weights.IsEmpty() ? 0.0 : Weights[17]; // jawOpen
		(Loop.Loudest > 0.01f ? LoudCm : QuietCm) += Jaw;
		++(Loop.Loudest > 0.01f ? LoudTicks : QuietTicks);
		if (bCut && Told.Listener->Heard != "" && Loudest > 0.1f)
		{
			Face->Interrupt();
		}
		return Told.Listener->Ends > 0;
	});
	const double MovedCm = Farthest(Rest, Vertices(Loop, Face));
	const UMaterialInstanceDynamic* Material = Cast<UMaterialInstanceDynamic>(Face->GetMesh()->GetMaterial(0));
	Loop.TickUntil([]() { return false; }, 0.5);
	ShimAllocations = 0;
	Loop.TickUntil([]() { return false; }, 1.0);
	const int64 Allocations = ShimAllocations;
	Face->bShowStatistics = true;
	Loop.Tick();
	const bool bTextured = Material != nullptr && Material->ShimTexture == Face->GetTexture() && Face->GetTexture() != nullptr;
	Print(Loop, Field("head", bHead) + ", " + Field("vertices", double(Rest.size())) + ", " + Field("rebuilt", FPrimitiveSceneProxy::ShimMade) +
			", " + Field("textured", bTextured) + ", " + Field("moved_cm", MovedCm) + ", " + Field("line", Line) + ", " +
			Field("heard", Told.Listener->Heard) + ", " + Field("connection", Told.Listener->Connection) + ", " +
			Field("ended", bEnded) + ", " + Field("allocations", double(Allocations)) + ", " + Field("loudest", Loudest) + ", " + Field("jaw_loud", LoudCm / std::max(1, LoudTicks)) +
			", " + Field("jaw_quiet", QuietCm / std::max(1, QuietTicks)) + ", " +
			Field("figures", ShimNarrow(*GEngine->ShimOnScreen)));
}

/// Somebody else's line and then ours; the first is cut in the tick in which another is said, while a second waits; one is cut unsaid.
void Lines(const std::string& Endpoint)
{
	FLoop Loop(Endpoint);
	UTalkwireFaceComponent* Face = Loop.AddFace(Loop.Spawn(true), "lines");
	FListened Told(Loop, Face);
	Face->BeginPlay();
	Loop.TickUntil([&]() { return FLoop::HasHead(Face); });
	talkwire::Client Other(Endpoint);
	talkwire::Problem Problem;
	talkwire::Npc Npc = Other.open("lines", "", {}, Problem);
	const std::vector<float> Hum(9'600, 0.2f);
	Npc.say(Hum.data(), Hum.size(), 16'000, Problem);
	Loop.TickUntil([&]() { return Told.Listener->Heard != ""; });
	int32 Said[4] = {Face->Say(Wave(2.0)), Face->Say(Wave(0.5)), 0, 0};
	const std::string First = "started 0, ended 0, started " + std::to_string(Said[0]) + ", ";
	const bool bFirst = Loop.TickUntil([&]() { return Told.Listener->Heard == First; });
	Face->Interrupt();
	Said[2] = Face->Say(Wave(0.5));
	Loop.TickUntil([&]() { return Told.Listener->Ends >= 3; });
	Said[3] = Face->Say(Wave(0.5));
	Face->Interrupt();
	Loop.TickUntil([]() { return false; }, 1.5);
	std::string Numbers;
	for (const int32 Line : Said)
	{
		Numbers += std::to_string(Line) + " ";
	}
	Print(Loop, Field("first", bFirst) + ", " + Field("lines", Numbers) + ", " + Field("heard", Told.Listener->Heard) + ", " +
			Field("lost", Told.Listener->Lost));
}

/// Without Play; a game takes the NPC, and gives it back.
void Editor(const std::string& Endpoint)
{
	FLoop Loop(Endpoint);
	UTalkwireFaceComponent* Face = Loop.AddFace(Loop.Spawn(false), "both");
	const bool bAlone = Loop.TickUntil([&]() { return FLoop::HasHead(Face); });
	const std::vector<FVector3f> Before = Vertices(Loop, Face);
	Loop.TickUntil([]() { return false; }, 1.0);
	const double MovedCm = Farthest(Before, Vertices(Loop, Face));
	const std::size_t Sounds = USynthComponent::ShimGenerators.size();
	UTalkwireFaceComponent* Game = Loop.AddFace(Loop.Spawn(true), "both");
	Game->BeginPlay();
	const bool bGame = Loop.TickUntil([&]() { return FLoop::HasHead(Game); });
	const int32 Still = Face->GetMesh()->ShimSent;
	Loop.TickUntil([]() { return false; }, 0.3);
	const bool bGaveWay = Face->GetMesh()->ShimSent <= Still + 1;
	Game->EndPlay(EEndPlayReason::EndPlayInEditor);
	Loop.Remove(Game);
	const int32 Then = Face->GetMesh()->ShimSent;
	const bool bBack = Loop.TickUntil([&]() { return Face->GetMesh()->ShimSent > Then + 5; });
	Print(Loop, Field("alone", bAlone) + ", " + Field("moved_cm", MovedCm) + ", " + Field("sounds", double(Sounds)) + ", " +
			Field("game", bGame) + ", " + Field("gave_way", bGaveWay) + ", " + Field("back", bBack));
}

/// Its server goes and comes: words on standard output say what is waited for.
void Restart(const std::string& Endpoint)
{
	FLoop Loop(Endpoint);
	UTalkwireFaceComponent* Face = Loop.AddFace(Loop.Spawn(true), "again");
	FListened Told(Loop, Face);
	Face->BeginPlay();
	Loop.TickUntil([&]() { return FLoop::HasHead(Face); });
	const int32 Line = Face->Say(Wave(3.0));
	Loop.TickUntil([&]() { return Told.Listener->Heard != ""; });
	std::puts("speaking");
	std::fflush(stdout);
	const bool bLost = Loop.TickUntil([&]() { return Face->GetState() != ETalkwireState::Connected; });
	std::puts("lost");
	std::fflush(stdout);
	const bool bBack = Loop.TickUntil([&]() { return Face->GetState() == ETalkwireState::Connected; }, 60.0);
	const int32 Then = Face->GetMesh()->ShimSent;
	const bool bMoves = Loop.TickUntil([&]() { return Face->GetMesh()->ShimSent > Then + 30; });
	Loop.TickUntil([&]() { return Told.Listener->Ends > 0; }, 6.0);
	Loop.TickUntil([]() { return false; }, 1.0);
	Print(Loop, Field("line", Line) + ", " + Field("lost", bLost) + ", " + Field("back", bBack) + ", " + Field("moves", bMoves) + ", " +
			Field("heard", Told.Listener->Heard) + ", " + Field("connection", Told.Listener->Connection));
}

/// A server that means no good: what a tick takes.
void Stall(const std::string& Endpoint)
{
	FLoop Loop(Endpoint);
	UTalkwireFaceComponent* Face = Loop.AddFace(Loop.Spawn(true), "nova");
	Face->BeginPlay();
	Face->Say(Wave(1.0));
	Loop.TickUntil([]() { return false; }, 3.0);
	Face->Interrupt();
	Face->EndPlay(EEndPlayReason::Destroyed);
	Print(Loop, Field("state", double(int(Face->GetState()))));
}

/// What Live Link is given.
class FClient : public ILiveLinkClient
{
public:
	virtual void RemoveSubject_AnyThread(const FLiveLinkSubjectKey&) override { ++Removed; }
	virtual void PushSubjectStaticData_AnyThread(
		const FLiveLinkSubjectKey& Key, TSubclassOf<ULiveLinkRole>, FLiveLinkStaticDataStruct&& Data) override
	{
		Subject = ShimNarrow(*Key.SubjectName.ToString());
		Names = Data.Cast<FLiveLinkBaseStaticData>()->PropertyNames.Num();
	}
	virtual void PushSubjectFrameData_AnyThread(const FLiveLinkSubjectKey&, FLiveLinkFrameDataStruct&& Data) override
	{
		const TArray<float>& Values = Data.Cast<FLiveLinkBaseFrameData>()->PropertyValues;
		bWhole = bWhole && Values.Num() == Names;
		bChanged = bChanged || (Frames > 0 && Values[52] != LastYaw);
		LastYaw = Values[52];
		++Frames;
	}
	std::string Subject;
	int32 Names = 0, Frames = 0, Removed = 0;
	float LastYaw = 0;
	bool bWhole = true, bChanged = false;
};

/// Alone, with a component that takes the NPC, alone again, and another NPC.
void LiveLink(const std::string& Endpoint)
{
	FLoop Loop(Endpoint);
	FClient Client;
	const TSharedPtr<ILiveLinkSource> Source = GetMutableDefault<UTalkwireLiveLinkFactory>()->CreateSource(FString(TEXT("linked")));
	UTalkwireLiveLinkSettings* Settings = ShimMake<UTalkwireLiveLinkSettings>(nullptr);
	Source->ReceiveClient(&Client, FGuid());
	Source->InitializeSettings(Settings);
	const auto Follow = [&](double Seconds) {
		const int32 Before = Client.Frames;
		Loop.TickUntil([&]() { Source->Update(); return Client.Frames > Before + 30; }, Seconds);
		return double(Client.Frames - Before);
	};
	const double Alone = Follow(20.0);
	UTalkwireFaceComponent* Face = Loop.AddFace(Loop.Spawn(true), "linked");
	Face->bShowMesh = false;
	Face->BeginPlay();
	const double Together = Follow(20.0);
	const bool bWeights = Face->GetWeights().Num() == 52;
	Face->EndPlay(EEndPlayReason::EndPlayInEditor);
	Loop.Remove(Face);
	const double Again = Follow(20.0);
	Settings->Npc = TEXT("other");
	const double Other = Follow(20.0);
	Source->RequestSourceShutdown();
	Print(Loop, Field("alone", Alone) + ", " + Field("together", Together) + ", " + Field("again", Again) + ", " + Field("other", Other) +
			", " + Field("weights", bWeights) + ", " + Field("names", Client.Names) + ", " + Field("whole", Client.bWhole) + ", " +
			Field("changed", Client.bChanged) + ", " + Field("subject", Client.Subject) + ", " + Field("removed", Client.Removed) + ", " +
			Field("valid", Source->IsSourceStillValid()));
}

/// What a node's pins say.
class UPins : public UShimListener
{
	SHIM_CLASS(UPins, UShimListener)
	void Began() { Heard += "started, "; }
	void Over() { Heard += "ended, "; ++Ends; }
	void Cut() { Heard += "interrupted, "; ++Ends; }
	void Failed(const FString&) { Heard += "failed, "; ++Ends; }
	void Here() { Heard += "connected, "; ++Ends; }
};

/// Connect and Wait to somebody and to nobody, Say and Wait twice at once, and once of nothing; a picture on another component.
void Nodes(const std::string& Endpoint)
{
	FLoop Loop(Endpoint);
	UPins* Pins = ShimMake<UPins>(nullptr);
	const auto Connect = [&](const TCHAR* To) {
		UTalkwireConnectAndWait* Node = UTalkwireConnectAndWait::ConnectAndWait(nullptr, To, 3.0f);
		Node->Connected.AddDynamic(Pins, &UPins::Here);
		Node->Failed.AddDynamic(Pins, &UPins::Failed);
		Node->Activate();
		const int32 Before = Pins->Ends;
		Loop.TickUntil([&]() { return Pins->Ends > Before; });
	};
	Connect(TEXT(""));
	Connect(TEXT("tcp://127.0.0.1:9"));
	Connect(TEXT("nowhere"));
	AActor* Actor = Loop.Spawn(true);
	UTalkwireFaceComponent* Face = Loop.AddFace(Actor, "nodes");
	Face->bShowMesh = false;
	Face->bStreamTexture = true;
	UPrimitiveComponent* Screen = NewObject<UPrimitiveComponent>(Actor);
	Screen->SetMaterial(0, ShimMake<UMaterialInterface>(nullptr));
	UTalkwireVideoFaceComponent* Video = NewObject<UTalkwireVideoFaceComponent>(Actor);
	Face->BeginPlay();
	const auto Say = [&](USoundWave* Sound) {
		UTalkwireSayAndWait* Node = UTalkwireSayAndWait::SayAndWait(Face, Sound);
		Node->Started.AddDynamic(Pins, &UPins::Began);
		Node->Ended.AddDynamic(Pins, &UPins::Over);
		Node->Interrupted.AddDynamic(Pins, &UPins::Cut);
		Node->Failed.AddDynamic(Pins, &UPins::Failed);
		Node->Activate();
	};
	const int32 Before = Pins->Ends;
	Say(nullptr);
	Say(Wave(0.6));
	Say(Wave(0.6));
	Loop.TickUntil([&]() { return Pins->Ends >= Before + 3; });
	Face->PushPcm(TArray<float>{0.1f, 0.2f}, 24'000);
	Face->EndLine();
	Video->TickComponent(0.0f, LEVELTICK_All, nullptr);
	const UMaterialInstanceDynamic* Shown = Cast<UMaterialInstanceDynamic>(Screen->GetMaterial(0));
	Print(Loop, Field("heard", Pins->Heard) + ", " + Field("mesh", Face->GetMesh() != nullptr) + ", " +
			Field("video", Shown != nullptr && Shown->ShimTexture != nullptr && Shown->ShimTexture == Face->GetTexture()));
}

} // namespace

int main(int Count, char** Words)
{
	if (Count < 3)
	{
		return 2;
	}
	const std::string Scenario = Words[1], Endpoint = Words[2];
	if (Scenario == "cycles")
	{
		Cycles(Endpoint, Count > 3 ? std::atoi(Words[3]) : 50);
	}
	else if (Scenario == "speak" || Scenario == "cut")
	{
		Speak(Endpoint, Scenario == "cut");
	}
	else if (Scenario == "lines")
	{
		Lines(Endpoint);
	}
	else if (Scenario == "editor")
	{
		Editor(Endpoint);
	}
	else if (Scenario == "livelink")
	{
		LiveLink(Endpoint);
	}
	else if (Scenario == "nodes")
	{
		Nodes(Endpoint);
	}
	else if (Scenario == "restart")
	{
		Restart(Endpoint);
	}
	else
	{
		Stall(Endpoint);
	}
	for (const std::string& Line : FShimLog::Lines)
	{
		std::fprintf(stderr, "%s\n", Line.c_str());
	}
	return 0;
}
