// What the plugin says goes to LogTalkwire; the times of its ticks to `stat talkwire`.
#pragma once

#include "CoreMinimal.h"
#include "Stats/Stats.h"

DECLARE_LOG_CATEGORY_EXTERN(LogTalkwire, Log, All);
DECLARE_STATS_GROUP(TEXT("talkwire"), STATGROUP_Talkwire, STATCAT_Advanced);
