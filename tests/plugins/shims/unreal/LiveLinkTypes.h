// LiveLinkInterface: FLiveLinkSubjectKey, FLiveLinkBaseStaticData, FLiveLinkBaseFrameData, FLiveLinkStaticDataStruct,
// FLiveLinkFrameDataStruct
#pragma once
#include "CoreMinimal.h"
#include "Misc/Guid.h"
class UScriptStruct;
struct FLiveLinkSubjectKey {
	FGuid Source;
	FName SubjectName;
	FLiveLinkSubjectKey(FGuid InSource, FName InName) : Source(InSource), SubjectName(InName) {}
};
struct FLiveLinkBaseStaticData {
	TArray<FName> PropertyNames;
	static UScriptStruct* StaticStruct() { return nullptr; }
};
struct FLiveLinkBaseFrameData {
	TArray<float> PropertyValues;
	static UScriptStruct* StaticStruct() { return nullptr; }
};
template <class Data> class TShimLiveLinkStruct {
public:
	explicit TShimLiveLinkStruct(UScriptStruct*) {}
	template <class T> T* Cast() { return &Value; }

private:
	Data Value;
};
using FLiveLinkStaticDataStruct = TShimLiveLinkStruct<FLiveLinkBaseStaticData>;
using FLiveLinkFrameDataStruct = TShimLiveLinkStruct<FLiveLinkBaseFrameData>;
