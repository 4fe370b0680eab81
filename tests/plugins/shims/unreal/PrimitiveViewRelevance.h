// Engine/FPrimitiveViewRelevance
#pragma once
#include "Materials/MaterialRelevance.h"
