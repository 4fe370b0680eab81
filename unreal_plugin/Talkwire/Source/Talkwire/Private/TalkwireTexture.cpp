#include "TalkwireTexture.h"

#include <algorithm>
#include <cstring>

#include "Engine/Texture2D.h"
#include "Talkwire/Player.h"
#include "TalkwireLog.h"
#include "TextureResource.h"

namespace
{

constexpr uint32 BlockPx = 4, BlockBytes = 8; // of BC1, which the engine calls DXT1

bool Fits(const talkwire::Patch::Rectangle& Place, const UTexture2D& Texture)
{
	const bool bWhole = Place.left % BlockPx == 0 && Place.top % BlockPx == 0;
	return Place.format == talkwire::ImageFormat::bc1 && bWhole &&
		uint64(Place.left) + Place.width <= uint64(Texture.GetSizeX()) && uint64(Place.top) + Place.height <= uint64(Texture.GetSizeY());
}

} // namespace

UTexture2D* FTalkwireTexture::Make(const talkwire::Image& Image)
{
	const int32 Width = int32(Image.width_px), Height = int32(Image.height_px);
	if (Image.format != talkwire::ImageFormat::bc1 || Width % int32(BlockPx) != 0 || Height % int32(BlockPx) != 0)
	{
		UE_LOG(LogTalkwire, Warning, TEXT("a texture of %d x %d pixels, wanted whole blocks of 4 x 4"), Width, Height);
		return nullptr;
	}
	UTexture2D* Texture = UTexture2D::CreateTransient(Width, Height, PF_DXT1);
	if (Texture == nullptr)
	{
		return nullptr;
	}
	Texture->SRGB = true;
	Texture->NeverStream = true;
	FTexture2DMipMap& Mip = Texture->GetPlatformData()->Mips[0];
	const int64 Size = Mip.BulkData.GetBulkDataSize();
	std::memcpy(Mip.BulkData.Lock(LOCK_READ_WRITE), Image.bytes.data(), std::min(std::size_t(Size), Image.bytes.size()));
	Mip.BulkData.Unlock();
	Texture->UpdateResource();
	return Texture;
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
	std::size_t Count = 0;
	for (const talkwire::Patch::Rectangle& Place : Patch->patches)
	{
		Count += Fits(Place, Texture);
	}
	Free->Left = int32(Count);
	std::size_t At = 0;
	for (const talkwire::Patch::Rectangle& Place : Patch->patches)
	{
		if (!Fits(Place, Texture))
		{
			continue;
		}
		FUpdateTextureRegion2D& Region = Free->Regions[At++];
		Region = FUpdateTextureRegion2D(Place.left, Place.top, 0, 0, Place.width, Place.height);
		const uint32 Pitch = (Place.width + BlockPx - 1) / BlockPx * BlockBytes;
		Texture.UpdateTextureRegions(0, 1, &Region, Pitch, BlockBytes, const_cast<uint8*>(Place.image.data),
			[Free](uint8*, const FUpdateTextureRegion2D*) { --Free->Left; });
	}
}
