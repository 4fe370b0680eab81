#include "TalkwireFigures.h"

#include "TalkwireActor.h"
#include "TalkwireSubsystem.h"

FString FiguresOf(const FString& Npc, const FTalkwireActor& Actor)
{
	const talkwire::Stats& Stats = Actor.Player.stats();
	talkwire::Status Status;
	if (const UTalkwireSubsystem* Subsystem = UTalkwireSubsystem::Get())
	{
		Subsystem->GetStatus(Actor.Endpoint, Status);
	}
	return FString::Printf(
		TEXT("%s: A/V error p95 %.1f ms, buffer %.0f of %.0f ms, frames %lld, late %lld, dropped %lld, underruns %lld, server %.0f %% busy"),
		*Npc, Stats.av_error_ms.percentile(0.95), Actor.Player.depth_ms(), 1e3 * Actor.Player.buffer().target_s(),
		static_cast<long long>(Stats.sent), static_cast<long long>(Stats.late), static_cast<long long>(Stats.dropped()),
		static_cast<long long>(Stats.underruns), 100.0 * Status.load_share);
}
