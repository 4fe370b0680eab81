// Engine/FMaterialRenderProxy
#pragma once
#include "Materials/MaterialInstanceDynamic.h"
