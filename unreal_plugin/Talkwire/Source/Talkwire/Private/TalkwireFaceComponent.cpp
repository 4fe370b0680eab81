#include "TalkwireFaceComponent.h"

#include <utility>

#include "Engine/Texture2D.h"
#include "Engine/World.h"
#include "GameFramework/Actor.h"
#include "TalkwireActor.h"
#include "TalkwireDetail.h"
#include "TalkwireFigures.h"
#include "TalkwireLog.h"
#include "TalkwireMeshComponent.h"
#include "TalkwireStyle.h"
#include "TalkwireText.h"
#include "TalkwireVoiceComponent.h"

const FRotator UTalkwireFaceComponent::MeshTurn(0.0, -90.0, 0.0);

DECLARE_CYCLE_STAT(TEXT("a face's tick"), STAT_TalkwireTick, STATGROUP_Talkwire);
DECLARE_CYCLE_STAT(TEXT("of it: what has come, and the picture"), STAT_TalkwireStep, STATGROUP_Talkwire);
DECLARE_CYCLE_STAT(TEXT("of it: detail, style and what is told"), STAT_TalkwireRest, STATGROUP_Talkwire);

UTalkwireFaceComponent::UTalkwireFaceComponent(const FObjectInitializer& ObjectInitializer) : Super(ObjectInitializer)
{
	PrimaryComponentTick.bCanEverTick = true;
	PrimaryComponentTick.TickGroup = TG_PostPhysics; // everybody is where they will be
	bTickInEditor = true;
	Style = MakeShared<FTalkwireStyle>();
}

void UTalkwireFaceComponent::BeginPlay()
{
	Super::BeginPlay();
	Open();
}

void UTalkwireFaceComponent::EndPlay(const EEndPlayReason::Type Reason)
{
	Close();
	Super::EndPlay(Reason);
}

void UTalkwireFaceComponent::OnUnregister()
{
	Close(); // registered again, as after each change of a property, the next tick opens
	Super::OnUnregister();
}

void UTalkwireFaceComponent::OnComponentDestroyed(bool bDestroyingHierarchy)
{
	if (bMadeMesh && IsValid(Mesh))
	{
		Mesh->DestroyComponent();
	}
	if (bMadeVoice && IsValid(Voice))
	{
		Voice->DestroyComponent();
	}
	Super::OnComponentDestroyed(bDestroyingHierarchy);
}

void UTalkwireFaceComponent::TickComponent(float DeltaTime, ELevelTick TickType, FActorComponentTickFunction* ThisTickFunction)
{
	SCOPE_CYCLE_COUNTER(STAT_TalkwireTick);
	Super::TickComponent(DeltaTime, TickType, ThisTickFunction);
	if (!Open())
	{
		TellConnection();
		return;
	}
	const int64 NowNs = talkwire::clock_ns();
	Actor->Player.set_av_offset(AVOffsetMs);
	const talkwire::Picture* Picture = nullptr;
	{
		SCOPE_CYCLE_COUNTER(STAT_TalkwireStep);
		Picture = Actor->Step(NowNs);
	}
	Show(Picture);
	SCOPE_CYCLE_COUNTER(STAT_TalkwireRest);
	ChooseDetail();
	SendStyle();
	ShowFigures(DeltaTime);
	TellConnection();
	Tell(NowNs); // last: who is told may do anything, with this component, too
}

// ---- its place at the NPC, and its parts

bool UTalkwireFaceComponent::Open()
{
	if (Actor.IsValid() && Actor->Seat->bTaken)
	{
		Close();
	}
	UTalkwireSubsystem* Subsystem = UTalkwireSubsystem::Get();
	const UWorld* World = GetWorld();
	if (Actor.IsValid() || Subsystem == nullptr || World == nullptr || GetOwner() == nullptr)
	{
		return Actor.IsValid();
	}
	FString Why;
	const talkwire::Reading Reading = ReadingOf(0, bShowMesh, HasTexture(), bExactTexture);
	const ETalkwireRank Rank = World->IsGameWorld() ? ETalkwireRank::Game : ETalkwireRank::Editor;
	const TSharedPtr<FTalkwireSeat> Seat = Subsystem->Sit(Endpoint, Npc, Avatar, Reading, Rank, Why);
	if (!Seat.IsValid())
	{
		if (Why != Refused)
		{
			UE_LOG(LogTalkwire, Log, TEXT("%s: %s"), *GetOwner()->GetName(), *Why);
			Refused = Why;
		}
		return false;
	}
	Refused = FString();
	Actor = MakeShared<FTalkwireActor>(Seat.ToSharedRef(), Endpoint);
	Detail = 0;
	Style->Renew();
	MakeParts();
	if (Rank == ETalkwireRank::Game)
	{
		Voice->Play(Actor->Sound);
	}
	return true;
}

void UTalkwireFaceComponent::Close()
{
	Actor.Reset();
	if (IsValid(Voice))
	{
		Voice->Stop();
	}
}

void UTalkwireFaceComponent::MakeParts()
{
	AActor* Owner = GetOwner();
	Mesh = IsValid(Mesh) ? Mesh.Get() : Owner->FindComponentByClass<UTalkwireMeshComponent>();
	Voice = IsValid(Voice) ? Voice.Get() : Owner->FindComponentByClass<UTalkwireVoiceComponent>();
	if (bShowMesh && Mesh == nullptr)
	{
		bMadeMesh = true;
		Mesh = NewObject<UTalkwireMeshComponent>(Owner, NAME_None, RF_Transient);
		Mesh->SetupAttachment(Owner->GetRootComponent());
		Mesh->SetRelativeRotation(MeshTurn);
		Mesh->RegisterComponent();
	}
	if (Voice == nullptr)
	{
		bMadeVoice = true;
		Voice = NewObject<UTalkwireVoiceComponent>(Owner, NAME_None, RF_Transient);
		Voice->SetupAttachment(Owner->GetRootComponent());
		Voice->RegisterComponent();
	}
	if (Mesh != nullptr)
	{
		Mesh->SetVisibility(bShowMesh);
	}
}

// ---- what is told

void UTalkwireFaceComponent::Tell(int64 NowNs)
{
	const TSharedPtr<FTalkwireActor> Kept = Actor; // whoever is told may close this
	if (!Kept.IsValid())
	{
		return;
	}
	for (const talkwire::Notice& Notice : std::exchange(Kept->Seat->Notices, {}))
	{
		Kept->Lines.Hear(Notice, NowNs);
	}
	talkwire::Happening Happening;
	while (Kept->Player.happened(NowNs, Happening))
	{
		Kept->Lines.Hear(Happening);
	}
	Kept->Lines.Reached(Kept->Player.generation());
	FTalkwireTold One;
	while (Kept->Lines.Tell(NowNs, One))
	{
		using EKind = FTalkwireTold::EKind;
		switch (One.Kind)
		{
		case EKind::Started: OnLineStarted.Broadcast(One.Line); break;
		case EKind::Ended: OnLineEnded.Broadcast(One.Line); break;
		case EKind::Interrupted: OnLineInterrupted.Broadcast(One.Line); break;
		case EKind::Lost: OnLineLost.Broadcast(One.Line, One.Why); break;
		}
	}
}

void UTalkwireFaceComponent::TellConnection()
{
	const ETalkwireState State = GetState();
	if (State != Told)
	{
		Told = State;
		OnConnectionChanged.Broadcast(State);
	}
}

ETalkwireState UTalkwireFaceComponent::GetState() const
{
	const UTalkwireSubsystem* Subsystem = UTalkwireSubsystem::Get();
	return Subsystem != nullptr ? Subsystem->GetState(Endpoint) : ETalkwireState::Off;
}

TArray<float> UTalkwireFaceComponent::GetWeights() const
{
	TArray<float> Weights;
	if (Actor.IsValid() && Actor->Seat->bShows)
	{
		Weights.Append(Actor->Seat->Face.weights, int32(talkwire::ARKIT_SHAPES));
	}
	return Weights;
}

FString UTalkwireFaceComponent::GetShows() const
{
	return Actor.IsValid() && Actor->Player.head() ? ToEngine(Actor->Player.head()->mesh.shows) : FString();
}

FString UTalkwireFaceComponent::GetGenerated() const
{
	return Actor.IsValid() && Actor->Player.head() ? ToEngine(Actor->Player.head()->mesh.generated) : FString();
}

FString UTalkwireFaceComponent::GetStatistics() const
{
	return Actor.IsValid() ? FiguresOf(Npc, *Actor) : FString();
}

UTexture2D* UTalkwireFaceComponent::GetTexture() const
{
	return Texture;
}

UTalkwireMeshComponent* UTalkwireFaceComponent::GetMesh() const
{
	return Mesh;
}

UTalkwireVoiceComponent* UTalkwireFaceComponent::GetVoice() const
{
	return Voice;
}
