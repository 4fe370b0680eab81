// What a player measures, in words.
#pragma once

#include "CoreMinimal.h"

class FTalkwireActor;

FString FiguresOf(const FString& Npc, const FTalkwireActor& Actor);
