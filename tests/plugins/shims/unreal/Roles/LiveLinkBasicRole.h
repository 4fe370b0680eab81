// LiveLinkInterface/Roles/ULiveLinkBasicRole
#pragma once
#include "CoreMinimal.h"
class ULiveLinkRole : public UObject {
	SHIM_CLASS(ULiveLinkRole, UObject)
};
class ULiveLinkBasicRole : public ULiveLinkRole {
	SHIM_CLASS(ULiveLinkBasicRole, ULiveLinkRole)
};
