#include "TalkwireTexture.h"

#include <algorithm>
#include <cstring>

#include "Engine/Texture2D.h"
#include "ImageCore.h"
#include "ImageUtils.h"
#include "Talkwire/Player.h"
#include "TalkwireLog.h"
#include "TextureResource.h"

namespace
{

constexpr uint32 BlockPx = 4, BlockBytes = 8; // of BC1, which the engine calls DXT1
constexpr uint32 PixelBytes = 4;              // of what is not BC1: blue, green, red, alpha

bool IsBlocks(const UTexture2D& Texture)
{
	return Texture.GetPixelFormat() == PF_DXT1;
}

bool Fits(const talkwire::Patch::Rectangle& Place, const UTexture2D& Texture)
{
	const uint32 Step = IsBlocks(Texture) ? BlockPx : 1;
	const talkwire::ImageFormat Format = IsBlocks(Texture) ? talkwire::ImageFormat::bc1 : talkwire::ImageFormat::rgb;
	return Place.format == Format && Place.left % Step == 0 && Place.top % Step == 0 &&
		uint64(Place.left) + Place.width <= uint64(Texture.GetSizeX()) && uint64(Place.top) + Place.height <= uint64(Texture.GetSizeY());
}

UTexture2D* MakeOf(int32 Width, int32 Height, EPixelFormat Format, const uint8* Bytes, std::size_t Size)
{
	UTexture2D* Texture = UTexture2D::CreateTransient(Width, Height, Format);
	if (Texture == nullptr)
	{
		return nullptr;
	}
	Texture->SRGB = true;
	Texture->NeverStream = true;
	FTexture2DMipMap& Mip = Texture->GetPlatformData()->Mips[0];
	const int64 Room = Mip.BulkData.GetBulkDataSize();
	std::memcpy(Mip.BulkData.Lock(LOCK_READ_WRITE), Bytes, std::min(std::size_t(Room), Size));
	Mip.BulkData.Unlock();
	Texture->UpdateResource();
	return Texture;
}

/// As the card has it.
uint8* Turned(const talkwire::Bytes& Rgb, uint8* Out)
{
	for (std::size_t i = 0; i + 2 < Rgb.size; i += 3, Out += PixelBytes)
	{
		Out[0] = Rgb.data[i + 2];
		Out[1] = Rgb.data[i + 1];
		Out[2] = Rgb.data[i];
		Out[3] = 255;
	}
	return Out;
}

} // namespace

UTexture2D* FTalkwireTexture::Make(const talkwire::Image& Image)
{
	if (Image.format != talkwire::ImageFormat::bc1)
	{
		FImage Read;
		if (!FImageUtils::DecompressImage(Image.bytes.data(), int64(Image.bytes.size()), Read))
		{
			UE_LOG(LogTalkwire, Warning, TEXT("a texture of %d bytes, wanted PNG or JPEG"), int32(Image.bytes.size()));
			return nullptr;
		}
		Read.ChangeFormat(ERawImageFormat::BGRA8, EGammaSpace::sRGB);
		return MakeOf(Read.SizeX, Read.SizeY, PF_B8G8R8A8, Read.RawData.GetData(), std::size_t(Read.RawData.Num()));
	}
	const int32 Width = int32(Image.width_px), Height = int32(Image.height_px);
	if (Width % int32(BlockPx) != 0 || Height % int32(BlockPx) != 0)
	{
		UE_LOG(LogTalkwire, Warning, TEXT("a texture of %d x %d pixels, wanted whole blocks of 4 x 4"), Width, Height);
		return nullptr;
	}
	return MakeOf(Width, Height, PF_DXT1, Image.bytes.data(), Image.bytes.size());
}

void FTalkwireTexture::Show(const talkwire::Held<talkwire::PatchImages>& Patch, UTexture2D& Texture)
{
	if (!Patch || Patch == Shown || Texture.GetResource() == nullptr)
	{
		return;
	}
	std::shared_ptr<FUpload> Free;
	for (std::shared_ptr<FUpload>& One : Uploads)
	{
		One = One ? One : std::make_shared<FUpload>();
		Free = One->Left == 0 ? One : Free;
	}
	if (!Free)
	{
		return; // the render thread is behind: the newest one is next
	}
	Shown = Free->Patch = Patch;
	std::size_t Count = 0, Pixels = 0;
	for (const talkwire::Patch::Rectangle& Place : Patch->patches)
	{
		const bool bFits = Fits(Place, Texture);
		Count += bFits;
		Pixels += bFits ? std::size_t(Place.width) * Place.height : 0;
	}
	const bool bBlocks = IsBlocks(Texture);
	Free->Left = int32(Count);
	Free->Pixels.resize(bBlocks ? 0 : Pixels * PixelBytes);
	std::size_t At = 0;
	uint8* Next = Free->Pixels.data();
	for (const talkwire::Patch::Rectangle& Place : Patch->patches)
	{
		if (!Fits(Place, Texture))
		{
			continue;
		}
		FUpdateTextureRegion2D& Region = Free->Regions[At++];
		Region = FUpdateTextureRegion2D(Place.left, Place.top, 0, 0, Place.width, Place.height);
		const uint32 Pitch = bBlocks ? (Place.width + BlockPx - 1) / BlockPx * BlockBytes : Place.width * PixelBytes;
		uint8* const From = bBlocks ? const_cast<uint8*>(Place.image.data) : Next;
		Next = bBlocks ? Next : Turned(Place.image, Next);
		Texture.UpdateTextureRegions(0, 1, &Region, Pitch, bBlocks ? BlockBytes : PixelBytes, From,
			[Free](uint8*, const FUpdateTextureRegion2D*) { --Free->Left; });
	}
}
