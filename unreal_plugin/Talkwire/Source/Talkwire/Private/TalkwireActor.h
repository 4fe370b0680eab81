// One NPC as it is followed: what arrives goes through a player, and comes out as pictures and happenings. No UObject.
#pragma once

#include <memory>

#include "CoreMinimal.h"
#include "Talkwire/Player.h"
#include "TalkwireLines.h"
#include "TalkwireSeat.h"
#include "TalkwireSound.h"
#include "TalkwireTexture.h"

class FTalkwireActor
{
public:
	FTalkwireActor(const TSharedRef<FTalkwireSeat>& InSeat, const FString& InEndpoint);
	~FTalkwireActor();

	/// Once a frame: take what has come, and give the picture for now; null while there is none.
	const talkwire::Picture* Step(int64 NowNs);

	const TSharedRef<FTalkwireSeat> Seat;
	const FString Endpoint;
	const TSharedRef<FTalkwireSound, ESPMode::ThreadSafe> Sound;
	talkwire::Player Player;
	FTalkwireLines Lines;
	FTalkwireTexture Patches;
	std::shared_ptr<const talkwire::Head> Head;   // that is shown
	std::shared_ptr<const talkwire::Image> Image; // that is shown
	bool bExact = false; // its texture can come in no other way
	uint32 Pushed = 0; // the line of PushPcm, and its rate
	int32 PushedRateHz = 0;
};
