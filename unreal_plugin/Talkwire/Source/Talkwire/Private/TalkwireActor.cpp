#include "TalkwireActor.h"

#include "TalkwireSettings.h"
#include "TalkwireSubsystem.h"

namespace
{

talkwire::Player::Settings PlayerSettings()
{
	const UTalkwireSettings& Said = *GetDefault<UTalkwireSettings>();
	talkwire::Player::Settings Made;
	Made.least_ms = Said.LeastBufferMs;
	Made.most_ms = Said.MostBufferMs;
	return Made;
}

} // namespace

FTalkwireActor::FTalkwireActor(const TSharedRef<FTalkwireSeat>& InSeat, const FString& InEndpoint)
	: Seat(InSeat), Endpoint(InEndpoint), Sound(MakeShared<FTalkwireSound, ESPMode::ThreadSafe>()),
	  Player(Sound->Sink(), PlayerSettings())
{
}

FTalkwireActor::~FTalkwireActor()
{
	Sound->Sink().stop(); // what the audio thread still has fades
	Seat->Npc.leave();
}

const talkwire::Picture* FTalkwireActor::Step(int64 NowNs)
{
	const UTalkwireSubsystem* Subsystem = UTalkwireSubsystem::Get();
	const int64 OffsetNs = Subsystem != nullptr ? Subsystem->GetOffsetNs(Endpoint) : 0;
	for (const talkwire::Arrival& One : Seat->Npc.take())
	{
		Player.receive(One.media, NowNs, OffsetNs, One.arrived_ns);
	}
	Sound->Drain(NowNs);
	const talkwire::Picture* Picture = Player.present(NowNs);
	Seat->bShows = Picture != nullptr;
	if (Picture != nullptr)
	{
		Player.displayed(NowNs);
		Seat->Face = Picture->face;
	}
	return Picture;
}
