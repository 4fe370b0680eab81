// Engine/Components/UMeshComponent
#pragma once
#include "Components/ActorComponent.h"
