// Engine/Engine/UTexture2D, FTexturePlatformData, FTexture2DMipMap; CoreUObject/Serialization/FBulkData. DXT1 and BGRA alone.
#pragma once
#include <cstring>
#include "CoreMinimal.h"
struct FUpdateTextureRegion2D;
enum EPixelFormat { PF_DXT1, PF_B8G8R8A8 };
enum { LOCK_READ_WRITE };
struct FByteBulkData {
	std::vector<uint8> Bytes;
	void* Lock(uint32) { return Bytes.data(); }
	void Unlock() {}
	int64 GetBulkDataSize() const { return int64(Bytes.size()); }
};
struct FTexture2DMipMap { FByteBulkData BulkData; };
struct FTexturePlatformData { TArray<FTexture2DMipMap> Mips; };
class FTextureResource {};
class UTexture : public UObject {
	SHIM_CLASS(UTexture, UObject)
	bool SRGB = false, NeverStream = false;
	FTextureResource* GetResource() { return bShimUpdated ? &ShimResource : nullptr; }
	void UpdateResource() { bShimUpdated = true; }
	FTextureResource ShimResource;
	bool bShimUpdated = false;
};
class UTexture2D : public UTexture {
	SHIM_CLASS(UTexture2D, UTexture)
	static UTexture2D* CreateTransient(int32 Width, int32 Height, EPixelFormat Format) {
		UTexture2D* Made = ShimMake<UTexture2D>(nullptr);
		Made->Width = Width;
		Made->Height = Height;
		Made->Format = Format;
		Made->Data.Mips.Add({});
		Made->Data.Mips[0].BulkData.Bytes.resize(
			std::size_t(Width) * std::size_t(Height) * 4 / (Format == PF_DXT1 ? 8 : 1));
		return Made;
	}
	int32 GetSizeX() const { return Width; }
	int32 GetSizeY() const { return Height; }
	EPixelFormat GetPixelFormat() const { return Format; }
	FTexturePlatformData* GetPlatformData() { return &Data; }
	void UpdateTextureRegions(int32, uint32 Count, const FUpdateTextureRegion2D* Regions, uint32 Pitch, uint32 Size, uint8* From,
		TFunction<void(uint8*, const FUpdateTextureRegion2D*)> Cleanup = [](uint8*, const FUpdateTextureRegion2D*) {});

	/// What the render thread has to do, when the test lets it.
	static inline std::vector<std::function<void()>> ShimRender;

private:
	int32 Width = 0, Height = 0;
	EPixelFormat Format = PF_DXT1;
	FTexturePlatformData Data;
};
