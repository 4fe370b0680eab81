// RenderCore/FPackedNormal, FPackedRGBA16N
#pragma once
#include "CoreMinimal.h"
struct FPackedRGBA16N {
	int16 X, Y, Z, W;
	FPackedRGBA16N() = default;
	explicit FPackedRGBA16N(const FVector3f& V) : X(Of(V.X)), Y(Of(V.Y)), Z(Of(V.Z)), W(32767) {}
	FVector3f ToFVector3f() const { return FVector3f(float(X), float(Y), float(Z)) * (1.0f / 32767.0f); }

private:
	static int16 Of(float Value) { return int16(std::lrintf(FMath::Clamp(Value, -1.0f, 1.0f) * 32767.0f)); }
};
