// LiveLinkInterface/ILiveLinkClient
#pragma once
#include "LiveLinkTypes.h"
class ULiveLinkRole;
class ILiveLinkClient {
public:
	virtual ~ILiveLinkClient() = default;
	virtual void RemoveSubject_AnyThread(const FLiveLinkSubjectKey& Key) = 0;
	virtual void PushSubjectStaticData_AnyThread(
		const FLiveLinkSubjectKey& Key, TSubclassOf<ULiveLinkRole> Role, FLiveLinkStaticDataStruct&& Data) = 0;
	virtual void PushSubjectFrameData_AnyThread(const FLiveLinkSubjectKey& Key, FLiveLinkFrameDataStruct&& Data) = 0;
};
