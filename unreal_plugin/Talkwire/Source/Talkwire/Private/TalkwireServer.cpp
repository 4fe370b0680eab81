#include "TalkwireServer.h"

#include "Misc/Paths.h"
#include "TalkwireLog.h"
#include "TalkwireSettings.h"
#include "TalkwireText.h"

namespace
{

talkwire::Introduction Introduce(const FString& Token)
{
	talkwire::Introduction Made;
	Made.agent = "talkwire for Unreal";
	Made.token = ToCore(Token);
	return Made;
}

/// What names no file of the project's is left as it is.
std::string KeyOf(const FString& Given)
{
	const FString Path = FPaths::ConvertRelativePathToFull(FPaths::ProjectDir(), Given);
	return ToCore(FPaths::FileExists(Path) ? Path : Given);
}

ETalkwireState StateOf(talkwire::Session::State State)
{
	switch (State)
	{
	case talkwire::Session::State::ready: return ETalkwireState::Connected;
	case talkwire::Session::State::failed: return ETalkwireState::Refused;
	default: return ETalkwireState::Connecting;
	}
}

} // namespace

FTalkwireServer::FTalkwireServer(const FString& InEndpoint, const UTalkwireSettings& Settings)
	: Endpoint(InEndpoint)
	, Client(ToCore(InEndpoint), Introduce(Settings.Token), {KeyOf(Settings.Key), KeyOf(Settings.ServerKey)})
{
	if (Client.problem())
	{
		State = ETalkwireState::Refused;
		Why = ToEngine(Client.problem().sentence());
		UE_LOG(LogTalkwire, Warning, TEXT("%s"), *Why);
	}
}

TSharedPtr<FTalkwireSeat> FTalkwireServer::Sit(const FString& Npc, const FString& Avatar, const talkwire::Reading& Reading,
	ETalkwireRank Rank, FString& OutWhy)
{
	if (const TSharedPtr<FTalkwireSeat> Other = Find(Npc))
	{
		if (Other->Rank >= Rank)
		{
			OutWhy = FString::Printf(TEXT("%s is followed by another component"), *Npc);
			return nullptr;
		}
		Other->Npc.leave();
		Other->bTaken = true;
	}
	Seats.RemoveAll([](const TSharedPtr<FTalkwireSeat>& One) { return !One->Npc; });
	talkwire::Problem Problem;
	const TSharedPtr<FTalkwireSeat> Seat = MakeShared<FTalkwireSeat>();
	Seat->Npc = Client.open(ToCore(Npc), ToCore(Avatar), Reading, Problem);
	Seat->Rank = Rank;
	if (!Seat->Npc)
	{
		OutWhy = ToEngine(Problem.sentence());
		return nullptr;
	}
	Seats.Add(Seat);
	return Seat;
}

TSharedPtr<FTalkwireSeat> FTalkwireServer::Find(const FString& Npc) const
{
	const std::string Name = ToCore(Npc);
	for (const TSharedPtr<FTalkwireSeat>& Seat : Seats)
	{
		if (Seat->Npc && Seat->Npc.session() == Name)
		{
			return Seat;
		}
	}
	return nullptr;
}

void FTalkwireServer::Tick()
{
	talkwire::Notice Notice;
	while (Client.notice(Notice))
	{
		Hear(Notice);
	}
	if (!Client.problem())
	{
		State = StateOf(Client.state());
	}
}

void FTalkwireServer::Hear(const talkwire::Notice& Notice)
{
	using EKind = talkwire::Notice::Kind;
	if (Notice.problem && Notice.kind != EKind::line) // which has one of its own
	{
		const FString Sentence = ToEngine(Notice.problem.sentence());
		UE_LOG(LogTalkwire, Warning, TEXT("%s: %s"), *Endpoint, *Sentence);
		Why = Sentence;
	}
	if (Notice.kind == EKind::welcome)
	{
		Why = FString();
	}
	const bool bOfAll = Notice.kind == EKind::welcome;
	if (bOfAll || Notice.kind == EKind::line || Notice.kind == EKind::closed)
	{
		for (const TSharedPtr<FTalkwireSeat>& Seat : Seats)
		{
			if (Seat->Npc && (bOfAll || Seat->Npc.session() == Notice.session))
			{
				Seat->Notices.push_back(Notice);
			}
		}
	}
}
