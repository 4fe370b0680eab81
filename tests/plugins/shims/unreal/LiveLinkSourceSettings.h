// LiveLinkInterface/ULiveLinkSourceSettings
#pragma once
#include "CoreMinimal.h"
class ULiveLinkSourceSettings : public UObject {
	SHIM_CLASS(ULiveLinkSourceSettings, UObject)
};
