// ImageCore/FImage, ERawImageFormat, EGammaSpace. A picture here is RGB until it is told to be BGRA.
#pragma once
#include "CoreMinimal.h"
namespace ERawImageFormat { enum Type { BGRA8 }; }
enum class EGammaSpace { sRGB };
struct FImage {
	int32 SizeX = 0, SizeY = 0;
	TArray<uint8> RawData; // a TArray64 there
	void ChangeFormat(ERawImageFormat::Type, EGammaSpace) {
		TArray<uint8> Made;
		for (int32 i = 0; i + 2 < RawData.Num(); i += 3) {
			const uint8 Pixel[] = {RawData[i + 2], RawData[i + 1], RawData[i], 255};
			Made.Append(Pixel, 4);
		}
		RawData = Made;
	}
};
