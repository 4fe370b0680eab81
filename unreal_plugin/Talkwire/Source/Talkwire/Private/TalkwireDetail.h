// What is read of an NPC, by how far away it is.
#pragma once

#include "CoreMinimal.h"
#include "Talkwire/Link.h"

class UTalkwireSettings;

/// Detail: 0 is all of it, 1 is fewer bytes, 2 is sound alone. Without a mesh it is curves and sound.
/// bTexture: and how it changes; bExact: without loss.
talkwire::Reading ReadingOf(int32 Detail, bool bMesh, bool bTexture, bool bExact = false);

/// At this distance, where it is Detail now: at a border it does not go to and fro.
int32 DetailAt(double DistanceM, int32 Detail, const UTalkwireSettings& Settings);
