// One server: the core's client, and who sits at its NPCs. It never waits.
#pragma once

#include "CoreMinimal.h"
#include "TalkwireSeat.h"
#include "TalkwireSubsystem.h"

class UTalkwireSettings;

class FTalkwireServer
{
public:
	/// Token and keys are those of the settings.
	FTalkwireServer(const FString& InEndpoint, const UTalkwireSettings& Settings);

	/// Null where somebody else sits who does not give way, or where that is no name; Why says which.
	TSharedPtr<FTalkwireSeat> Sit(const FString& Npc, const FString& Avatar, const talkwire::Reading& Reading, ETalkwireRank Rank,
		FString& Why);
	/// Whoever sits there; null where nobody does.
	TSharedPtr<FTalkwireSeat> Find(const FString& Npc) const;
	/// Once a frame: what the server says, to whom it is said.
	void Tick();
	talkwire::Status Status() const { return Client.status(); }
	int64 OffsetNs() const { return Client.offset_ns(); }

	const FString Endpoint;
	ETalkwireState State = ETalkwireState::Connecting;
	FString Why; // it is not connected

private:
	void Hear(const talkwire::Notice& Notice);

	talkwire::Client Client;
	TArray<TSharedPtr<FTalkwireSeat>> Seats;
};
