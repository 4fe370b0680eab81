// Engine/FTextureResource
#pragma once
#include "Engine/Texture2D.h"
