#include "TalkwireSubsystem.h"

#include "Engine/Engine.h"
#include "Misc/CoreDelegates.h"
#include "TalkwireServer.h"
#include "TalkwireSettings.h"

namespace
{

const FString& OrDefault(const FString& Endpoint)
{
	return Endpoint.IsEmpty() ? GetDefault<UTalkwireSettings>()->Endpoint : Endpoint;
}

} // namespace

UTalkwireSubsystem* UTalkwireSubsystem::Get()
{
	return GEngine != nullptr ? GEngine->GetEngineSubsystem<UTalkwireSubsystem>() : nullptr;
}

void UTalkwireSubsystem::Initialize(FSubsystemCollectionBase& Collection)
{
	Super::Initialize(Collection);
	bStopped = false;
	Ticker = FTSTicker::GetCoreTicker().AddTicker(FTickerDelegate::CreateUObject(this, &UTalkwireSubsystem::Tick));
	PreExit = FCoreDelegates::OnPreExit.AddUObject(this, &UTalkwireSubsystem::Stop);
}

void UTalkwireSubsystem::Deinitialize()
{
	Stop();
	FTSTicker::GetCoreTicker().RemoveTicker(Ticker);
	FCoreDelegates::OnPreExit.Remove(PreExit);
	Super::Deinitialize();
}

void UTalkwireSubsystem::Stop()
{
	bStopped = true;
	Servers.Empty(); // each ends its thread, within 200 ms
}

void UTalkwireSubsystem::Connect(const FString& Endpoint)
{
	if (!bStopped)
	{
		Server(Endpoint);
	}
}

ETalkwireState UTalkwireSubsystem::GetState(const FString& Endpoint) const
{
	const FTalkwireServer* Found = FindServer(Endpoint);
	return Found != nullptr ? Found->State : ETalkwireState::Off;
}

FString UTalkwireSubsystem::GetProblem(const FString& Endpoint) const
{
	const FTalkwireServer* Found = FindServer(Endpoint);
	return Found != nullptr ? Found->Why : FString();
}

TSharedPtr<FTalkwireSeat> UTalkwireSubsystem::Sit(const FString& Endpoint, const FString& Npc, const FString& Avatar,
	const talkwire::Reading& Reading, ETalkwireRank Rank, FString& Why)
{
	return bStopped ? nullptr : Server(Endpoint).Sit(Npc, Avatar, Reading, Rank, Why);
}

TSharedPtr<FTalkwireSeat> UTalkwireSubsystem::Find(const FString& Endpoint, const FString& Npc) const
{
	const FTalkwireServer* Found = FindServer(Endpoint);
	return Found != nullptr ? Found->Find(Npc) : nullptr;
}

bool UTalkwireSubsystem::GetStatus(const FString& Endpoint, talkwire::Status& Status) const
{
	const FTalkwireServer* Found = FindServer(Endpoint);
	if (Found != nullptr)
	{
		Status = Found->Status();
	}
	return Found != nullptr;
}

int64 UTalkwireSubsystem::GetOffsetNs(const FString& Endpoint) const
{
	const FTalkwireServer* Found = FindServer(Endpoint);
	return Found != nullptr ? Found->OffsetNs() : 0;
}

bool UTalkwireSubsystem::Tick(float)
{
	for (const TSharedPtr<FTalkwireServer>& One : Servers)
	{
		One->Tick();
	}
	return true;
}

FTalkwireServer* UTalkwireSubsystem::FindServer(const FString& Endpoint) const
{
	const FString& Wanted = OrDefault(Endpoint);
	for (const TSharedPtr<FTalkwireServer>& One : Servers)
	{
		if (One->Endpoint == Wanted)
		{
			return One.Get();
		}
	}
	return nullptr;
}

FTalkwireServer& UTalkwireSubsystem::Server(const FString& Endpoint)
{
	if (FTalkwireServer* Found = FindServer(Endpoint))
	{
		return *Found;
	}
	Servers.Add(MakeShared<FTalkwireServer>(OrDefault(Endpoint), *GetDefault<UTalkwireSettings>()));
	return *Servers.Last();
}
