// Core/Misc/FGuid
#pragma once
#include "CoreMinimal.h"
struct FGuid { uint32 A = 0, B = 0, C = 0, D = 0; };
