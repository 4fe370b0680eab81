// RHI/FUpdateTextureRegion2D
#pragma once
#include "CoreMinimal.h"
struct FUpdateTextureRegion2D {
	uint32 DestX = 0, DestY = 0;
	int32 SrcX = 0, SrcY = 0;
	uint32 Width = 0, Height = 0;
	FUpdateTextureRegion2D() = default;
	FUpdateTextureRegion2D(uint32 X, uint32 Y, int32 FromX, int32 FromY, uint32 W, uint32 H)
		: DestX(X), DestY(Y), SrcX(FromX), SrcY(FromY), Width(W), Height(H) {}
};
