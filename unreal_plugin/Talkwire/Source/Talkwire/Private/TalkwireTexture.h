// The streamed texture: BC1 blocks, which the card takes as they are, or a picture that changes without loss.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "CoreMinimal.h"
#include "RHI.h"
#include "Talkwire/Picture.h"

class UTexture2D;
namespace talkwire
{
struct Image;
}

/// Makes the texture, and puts the rectangles that change into it. Its memory of what is on the way to the card is taken once.
class FTalkwireTexture
{
public:
	/// A new one, not yet seen by the garbage collector: keep it. Null where the image is none for this card.
	static UTexture2D* Make(const talkwire::Image& Image);

	/// Put them in. Where the card has not yet taken the last ones, they wait for the next call.
	void Show(const talkwire::Held<talkwire::PatchImages>& Patch, UTexture2D& Texture);
	/// The texture is another one.
	void Forget() { Shown = {}; }

private:
	struct FUpload
	{
		talkwire::Held<talkwire::PatchImages> Patch; // the bytes, where the card takes them
		std::vector<uint8> Pixels;                   // else as it takes them
		std::array<FUpdateTextureRegion2D, talkwire::MAX_PATCHES> Regions;
		std::atomic<int32> Left{0}; // regions that the render thread has not copied yet
	};
	static constexpr std::size_t MostUploads = 4;

	std::array<std::shared_ptr<FUpload>, MostUploads> Uploads;
	talkwire::Held<talkwire::PatchImages> Shown;
};
