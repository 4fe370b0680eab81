#include "TalkwireLiveLinkSource.h"

#include "ILiveLinkClient.h"
#include "Roles/LiveLinkBasicRole.h"
#include "TalkwireActor.h"
#include "TalkwireCurves.h"
#include "TalkwireDetail.h"
#include "TalkwireLiveLinkFactory.h"
#include "TalkwireSettings.h"
#include "TalkwireSubsystem.h"

FTalkwireLiveLinkSource::FTalkwireLiveLinkSource(const FString& InNpc) : Npc(InNpc.IsEmpty() ? FString(TEXT("nova")) : InNpc) {}

void FTalkwireLiveLinkSource::ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid)
{
	Client = InClient;
	Guid = InSourceGuid;
}

void FTalkwireLiveLinkSource::InitializeSettings(ULiveLinkSourceSettings* InSettings)
{
	UTalkwireLiveLinkSettings* Given = Cast<UTalkwireLiveLinkSettings>(InSettings);
	Settings = Given;
	if (Given != nullptr && Given->Npc.IsEmpty())
	{
		Given->Npc = Npc; // else it comes from a preset
	}
}

TSubclassOf<ULiveLinkSourceSettings> FTalkwireLiveLinkSource::GetSettingsClass() const
{
	return UTalkwireLiveLinkSettings::StaticClass();
}

/// Once a frame, on the game thread.
void FTalkwireLiveLinkSource::Update()
{
	const UTalkwireLiveLinkSettings* Said = Settings.Get();
	if (Said != nullptr && (Said->Npc != Npc || Said->Endpoint != Endpoint))
	{
		Own.Reset();
		Npc = Said->Npc;
		Endpoint = Said->Endpoint;
	}
	const talkwire::Face* Face = Client != nullptr ? Look(talkwire::clock_ns()) : nullptr;
	if (Face != nullptr)
	{
		Push(*Face);
	}
}

const talkwire::Face* FTalkwireLiveLinkSource::Look(int64 NowNs)
{
	UTalkwireSubsystem* Subsystem = UTalkwireSubsystem::Get();
	if (Subsystem == nullptr)
	{
		return nullptr;
	}
	if (Own.IsValid() && Own->Seat->bTaken)
	{
		Own.Reset();
	}
	const TSharedPtr<FTalkwireSeat> Sitting = Subsystem->Find(Endpoint, Npc);
	if (Sitting.IsValid() && !Own.IsValid())
	{
		return Sitting->bShows ? &Sitting->Face : nullptr; // a component's
	}
	if (!Own.IsValid())
	{
		FString Why;
		const TSharedPtr<FTalkwireSeat> Seat =
			Subsystem->Sit(Endpoint, Npc, FString(), ReadingOf(0, false, false), ETalkwireRank::LiveLink, Why);
		if (!Seat.IsValid())
		{
			return nullptr;
		}
		Own = MakeShared<FTalkwireActor>(Seat.ToSharedRef(), Endpoint);
	}
	Own->Step(NowNs);
	Own->Seat->Notices.clear(); // it says nothing
	talkwire::Happening Happening;
	while (Own->Player.happened(NowNs, Happening))
	{
	}
	return Own->Seat->bShows ? &Own->Seat->Face : nullptr;
}

void FTalkwireLiveLinkSource::Push(const talkwire::Face& Face)
{
	if (Subject != Npc)
	{
		if (!Subject.IsEmpty())
		{
			Client->RemoveSubject_AnyThread(FLiveLinkSubjectKey(Guid, FName(*Subject)));
		}
		Subject = Npc;
		FLiveLinkStaticDataStruct Named(FLiveLinkBaseStaticData::StaticStruct());
		Named.Cast<FLiveLinkBaseStaticData>()->PropertyNames = CurveNames();
		Client->PushSubjectStaticData_AnyThread(
			FLiveLinkSubjectKey(Guid, FName(*Subject)), ULiveLinkBasicRole::StaticClass(), MoveTemp(Named));
	}
	FLiveLinkFrameDataStruct Frame(FLiveLinkBaseFrameData::StaticStruct()); // of now
	CurvesOf(Face, Frame.Cast<FLiveLinkBaseFrameData>()->PropertyValues);
	Client->PushSubjectFrameData_AnyThread(FLiveLinkSubjectKey(Guid, FName(*Subject)), MoveTemp(Frame));
}

bool FTalkwireLiveLinkSource::RequestSourceShutdown()
{
	Own.Reset();
	Client = nullptr;
	return true;
}

FText FTalkwireLiveLinkSource::GetSourceType() const
{
	return FText::FromString(TEXT("talkwire"));
}

FText FTalkwireLiveLinkSource::GetSourceMachineName() const
{
	return FText::FromString(Endpoint.IsEmpty() ? GetDefault<UTalkwireSettings>()->Endpoint : Endpoint);
}

FText FTalkwireLiveLinkSource::GetSourceStatus() const
{
	const UTalkwireSubsystem* Subsystem = UTalkwireSubsystem::Get();
	const ETalkwireState State = Subsystem != nullptr ? Subsystem->GetState(Endpoint) : ETalkwireState::Off;
	switch (State)
	{
	case ETalkwireState::Connected: return FText::FromString(TEXT("connected"));
	case ETalkwireState::Connecting: return FText::FromString(TEXT("connecting"));
	case ETalkwireState::Refused: return FText::FromString(Subsystem->GetProblem(Endpoint));
	default: return FText::FromString(TEXT("off"));
	}
}
