// The connections: one for each server, whoever follows its NPCs, in a game or in the editor.
#pragma once

#include "Containers/Ticker.h"
#include "CoreMinimal.h"
#include "Subsystems/EngineSubsystem.h"

#include "TalkwireSubsystem.generated.h"

namespace talkwire
{
struct Reading;
struct Status;
}
class FTalkwireServer;
struct FTalkwireSeat;
enum class ETalkwireRank : uint8;

UENUM(BlueprintType)
enum class ETalkwireState : uint8
{
	/// Nobody has asked for that server.
	Off,
	/// It is tried, and tried again, with pauses of up to some seconds.
	Connecting,
	Connected,
	/// The server does not want this client, or there can be none at that endpoint: it is not tried again.
	Refused,
};

/// Lives as long as the engine. An empty endpoint is that of the settings. Nothing waits for the network.
UCLASS()
class TALKWIRE_API UTalkwireSubsystem : public UEngineSubsystem
{
	GENERATED_BODY()

public:
	/// Null once the engine ends.
	static UTalkwireSubsystem* Get();

	virtual void Initialize(FSubsystemCollectionBase& Collection) override;
	virtual void Deinitialize() override;

	/// Connect before the first NPC needs it.
	UFUNCTION(BlueprintCallable, Category = "talkwire")
	void Connect(const FString& Endpoint);

	UFUNCTION(BlueprintPure, Category = "talkwire")
	ETalkwireState GetState(const FString& Endpoint) const;

	/// Why it is not connected, in a sentence; empty where there is no reason.
	UFUNCTION(BlueprintPure, Category = "talkwire")
	FString GetProblem(const FString& Endpoint) const;

	/// A place at an NPC; null and Why where there is none.
	TSharedPtr<FTalkwireSeat> Sit(const FString& Endpoint, const FString& Npc, const FString& Avatar, const talkwire::Reading& Reading,
		ETalkwireRank Rank, FString& Why);
	/// Who sits there already; null where nobody does.
	TSharedPtr<FTalkwireSeat> Find(const FString& Endpoint, const FString& Npc) const;
	/// Of the connection, as the core measures it.
	bool GetStatus(const FString& Endpoint, talkwire::Status& Status) const;
	/// What makes the server's time ours, in every frame; 0 until it is known.
	int64 GetOffsetNs(const FString& Endpoint) const;

private:
	bool Tick(float DeltaTime);
	void Stop();
	FTalkwireServer* FindServer(const FString& Endpoint) const;
	FTalkwireServer& Server(const FString& Endpoint);

	TArray<TSharedPtr<FTalkwireServer>> Servers;
	FTSTicker::FDelegateHandle Ticker;
	FDelegateHandle PreExit;
	bool bStopped = false;
};
