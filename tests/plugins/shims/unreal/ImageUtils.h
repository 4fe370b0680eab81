// Engine/FImageUtils. A file here is the letter P, width, height, and 3 bytes for each pixel.
#pragma once
#include "ImageCore.h"
struct FImageUtils {
	static bool DecompressImage(const void* File, int64 Size, FImage& Out) {
		const uint8* Bytes = static_cast<const uint8*>(File);
		if (Size < 3 || Bytes[0] != 'P' || Size != 3 + 3 * Bytes[1] * Bytes[2]) {
			return false;
		}
		Out.SizeX = Bytes[1];
		Out.SizeY = Bytes[2];
		Out.RawData.Append(Bytes + 3, int32(Size) - 3);
		return true;
	}
};
