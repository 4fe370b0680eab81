// A face as the Live Link Face app has it: 52 shapes and 9 angles, by name.
#pragma once

#include "CoreMinimal.h"
#include "Talkwire/Vertices.h"

/// ARKit's shapes in Apple's order, then yaw, pitch and roll of the head, the left eye and the right.
TArray<FName> CurveNames();

/// In that order. Angles in radians, right-handed about the face's own axes: yaw to its own left, pitch down.
void CurvesOf(const talkwire::Face& Face, TArray<float>& Values);
