// What the render thread does with Engine/Engine/UTexture2D/UpdateTextureRegions, for blocks of 4 x 4 pixels.
#pragma once
#include "Engine/Texture2D.h"
#include "RHI.h"
void UTexture2D::UpdateTextureRegions(int32, uint32 Count, const FUpdateTextureRegion2D* Regions, uint32 Pitch, uint32 Size,
	uint8* From, TFunction<void(uint8*, const FUpdateTextureRegion2D*)> Cleanup) {
	ShimRender.push_back([this, Count, Regions, Pitch, Size, From, Cleanup]() {
		std::vector<uint8>& To = Data.Mips[0].BulkData.Bytes;
		for (uint32 i = 0; i < Count; ++i) {
			const FUpdateTextureRegion2D& R = Regions[i];
			for (uint32 Row = 0; Row < (R.Height + 3) / 4; ++Row) {
				const std::size_t At = ((R.DestY / 4 + Row) * std::size_t(Width / 4) + R.DestX / 4) * Size;
				std::memcpy(&To[At], From + Row * Pitch, (R.Width + 3) / 4 * Size);
			}
		}
		Cleanup(From, Regions);
	});
}
