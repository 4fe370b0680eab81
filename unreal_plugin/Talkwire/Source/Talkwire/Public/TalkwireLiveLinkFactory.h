// Live Link: an NPC's curves for rigs that a project has already.
#pragma once

#include "CoreMinimal.h"
#include "LiveLinkSourceFactory.h"
#include "LiveLinkSourceSettings.h"

#include "TalkwireLiveLinkFactory.generated.h"

/// Of one source, in the Live Link window: whom it follows. The subject has the NPC's name.
UCLASS()
class TALKWIRE_API UTalkwireLiveLinkSettings : public ULiveLinkSourceSettings
{
	GENERATED_BODY()

public:
	/// Of the server; empty: the project's.
	UPROPERTY(EditAnywhere, Category = "talkwire")
	FString Endpoint;

	UPROPERTY(EditAnywhere, Category = "talkwire")
	FString Npc;
};

/// + Source > talkwire. Its connection string is the NPC's name, or nothing.
UCLASS()
class TALKWIRE_API UTalkwireLiveLinkFactory : public ULiveLinkSourceFactory
{
	GENERATED_BODY()

public:
	virtual FText GetSourceDisplayName() const override;
	virtual FText GetSourceTooltip() const override;
	virtual EMenuType GetMenuType() const override { return EMenuType::MenuEntry; }
	virtual TSharedPtr<ILiveLinkSource> CreateSource(const FString& ConnectionString) const override;
};
