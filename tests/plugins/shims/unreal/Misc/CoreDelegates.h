// Core/Misc/FCoreDelegates
#pragma once
#include "CoreMinimal.h"
struct FCoreDelegates { static inline FSimpleMulticastDelegate OnPreExit; };
