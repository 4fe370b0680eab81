// LiveLinkInterface/ILiveLinkSource
#pragma once
#include "LiveLinkSourceSettings.h"
#include "Misc/Guid.h"
class ILiveLinkClient;
class ILiveLinkSource {
public:
	virtual ~ILiveLinkSource() = default;
	virtual void ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid) = 0;
	virtual void InitializeSettings(ULiveLinkSourceSettings*) {}
	virtual TSubclassOf<ULiveLinkSourceSettings> GetSettingsClass() const { return nullptr; }
	virtual void Update() {}
	virtual bool IsSourceStillValid() const = 0;
	virtual bool RequestSourceShutdown() = 0;
	virtual FText GetSourceType() const = 0;
	virtual FText GetSourceMachineName() const = 0;
	virtual FText GetSourceStatus() const = 0;
};
