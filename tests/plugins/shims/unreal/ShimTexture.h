// What the render thread does with Engine/Engine/UTexture2D/UpdateTextureRegions, for blocks of 4 x 4 pixels, or pixels.
#pragma once
#include "Engine/Texture2D.h"
#include "RHI.h"
void UTexture2D::UpdateTextureRegions(int32, uint32 Count, const FUpdateTextureRegion2D* Regions, uint32 Pitch, uint32 Size,
	uint8* From, TFunction<void(uint8*, const FUpdateTextureRegion2D*)> Cleanup) {
	ShimRender.push_back([this, Count, Regions, Pitch, Size, From, Cleanup]() {
		std::vector<uint8>& To = Data.Mips[0].BulkData.Bytes;
		const uint32 Block = Format == PF_DXT1 ? 4 : 1;
		for (uint32 i = 0; i < Count; ++i) {
			const FUpdateTextureRegion2D& R = Regions[i];
			for (uint32 Row = 0; Row < (R.Height + Block - 1) / Block; ++Row) {
				const std::size_t At = ((R.DestY / Block + Row) * std::size_t(Width / int32(Block)) + R.DestX / Block) * Size;
				std::memcpy(&To[At], From + Row * Pitch, (R.Width + Block - 1) / Block * Size);
			}
		}
		Cleanup(From, Regions);
	});
}
