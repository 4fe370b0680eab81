// Engine/Components/UPrimitiveComponent
#pragma once
#include "Components/ActorComponent.h"
