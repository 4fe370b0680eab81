// A Live Link source: one NPC, one subject.
#pragma once

#include "CoreMinimal.h"
#include "ILiveLinkSource.h"
#include "LiveLinkTypes.h"
#include "Misc/Guid.h"

class FTalkwireActor;
class ILiveLinkClient;
class UTalkwireLiveLinkSettings;
namespace talkwire
{
struct Face;
}

/// It shows the face that a Talkwire Face component shows, in time with that one's sound. Where there is none, it follows the NPC
/// itself, in silence.
class FTalkwireLiveLinkSource : public ILiveLinkSource
{
public:
	explicit FTalkwireLiveLinkSource(const FString& InNpc);

	virtual void ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid) override;
	virtual void InitializeSettings(ULiveLinkSourceSettings* InSettings) override;
	virtual TSubclassOf<ULiveLinkSourceSettings> GetSettingsClass() const override;
	virtual void Update() override;
	virtual bool IsSourceStillValid() const override { return Client != nullptr; }
	virtual bool RequestSourceShutdown() override;
	virtual FText GetSourceType() const override;
	virtual FText GetSourceMachineName() const override;
	virtual FText GetSourceStatus() const override;

private:
	const talkwire::Face* Look(int64 NowNs);
	void Push(const talkwire::Face& Face);

	ILiveLinkClient* Client = nullptr;
	FGuid Guid;
	FString Endpoint, Npc, Subject; // Subject: that Live Link knows; empty: none yet
	TWeakObjectPtr<UTalkwireLiveLinkSettings> Settings;
	TSharedPtr<FTalkwireActor> Own;
};
