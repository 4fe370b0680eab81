#include "TalkwireFaceComponent.h"

#include "Async/Async.h"
#include "Engine/Engine.h"
#include "Engine/Texture2D.h"
#include "Engine/World.h"
#include "GameFramework/Actor.h"
#include "GameFramework/PlayerController.h"
#include "Materials/MaterialInstanceDynamic.h"
#include "Sound/SoundWave.h"
#include "TalkwireActor.h"
#include "TalkwireDetail.h"
#include "TalkwireFigures.h"
#include "TalkwireLog.h"
#include "TalkwireMeshComponent.h"
#include "TalkwireSettings.h"
#include "TalkwireStyle.h"
#include "TalkwireText.h"
#include "TalkwireVoiceComponent.h"
#include "TalkwireWave.h"

DECLARE_CYCLE_STAT(TEXT("a face's tick"), STAT_TalkwireTick, STATGROUP_Talkwire);

UTalkwireFaceComponent::UTalkwireFaceComponent(const FObjectInitializer& ObjectInitializer) : Super(ObjectInitializer)
{
	PrimaryComponentTick.bCanEverTick = true;
	PrimaryComponentTick.TickGroup = TG_PostPhysics; // the camera is where it will be
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
	if (bMadeMesh && Mesh != nullptr)
	{
		Mesh->DestroyComponent();
	}
	if (bMadeVoice && Voice != nullptr)
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
	const talkwire::Picture* Picture = Actor->Step(NowNs);
	if (bShowMesh)
	{
		ShowHead();
		ShowTexture();
		if (Picture != nullptr && !Picture->shape.empty())
		{
			Mesh->ShowShape(Picture->shape);
		}
		if (Picture != nullptr && Texture != nullptr)
		{
			Actor->Patches.Show(Picture->patch, *Texture);
		}
	}
	ChooseDetail();
	TurnEyes();
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
	const talkwire::Reading Reading = ReadingOf(0, bShowMesh);
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
	if (Voice != nullptr)
	{
		Voice->Stop();
	}
}

void UTalkwireFaceComponent::MakeParts()
{
	AActor* Owner = GetOwner();
	Mesh = Mesh != nullptr ? Mesh.Get() : Owner->FindComponentByClass<UTalkwireMeshComponent>();
	Voice = Voice != nullptr ? Voice.Get() : Owner->FindComponentByClass<UTalkwireVoiceComponent>();
	if (bShowMesh && Mesh == nullptr)
	{
		bMadeMesh = true;
		Mesh = NewObject<UTalkwireMeshComponent>(Owner, NAME_None, RF_Transient);
		Mesh->SetupAttachment(Owner->GetRootComponent());
		Mesh->SetRelativeRotation(FRotator(0.0, -90.0, 0.0)); // from +Y, along which a mesh looks, to the Actor's +X
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

// ---- what is seen

void UTalkwireFaceComponent::ShowHead()
{
	const std::shared_ptr<const talkwire::Head>& Head = Actor->Player.head();
	if (Head != Actor->Head)
	{
		Actor->Head = Head;
		Mesh->ShowHead(*Head);
	}
}

void UTalkwireFaceComponent::ShowTexture()
{
	const std::shared_ptr<const talkwire::Image>& Image = Actor->Player.texture();
	if (Image == Actor->Image)
	{
		return;
	}
	Actor->Image = Image;
	Actor->Patches.Forget();
	Texture = FTalkwireTexture::Make(*Image);
	UMaterialInterface* Base = HeadMaterial != nullptr ? HeadMaterial.Get() : Mesh->GetMaterial(0);
	if (Texture == nullptr || Base == nullptr)
	{
		return;
	}
	Material = UMaterialInstanceDynamic::Create(Base, this);
	Material->SetTextureParameterValue(TextureParameter, Texture);
	Mesh->SetMaterial(0, Material);
}

void UTalkwireFaceComponent::ChooseDetail()
{
	FVector Camera = FVector::ZeroVector;
	FRotator Turned;
	APlayerController* Controller = GetWorld()->GetFirstPlayerController();
	if (!bDetailByDistance || Controller == nullptr)
	{
		return;
	}
	Controller->GetPlayerViewPoint(Camera, Turned);
	const double DistanceM = FVector::Dist(Camera, GetOwner()->GetActorLocation()) / 100.0;
	const int32 Wanted = DetailAt(DistanceM, Detail, *GetDefault<UTalkwireSettings>());
	if (Wanted != Detail)
	{
		Detail = Wanted;
		Actor->Seat->Npc.read(ReadingOf(Detail, bShowMesh));
	}
}

void UTalkwireFaceComponent::ShowFigures(float DeltaTime)
{
	constexpr double EveryS = 0.5;
	if (!bShowStatistics || GEngine == nullptr)
	{
		return;
	}
	FiguresS -= DeltaTime;
	if (FiguresS <= 0.0)
	{
		FiguresS = EveryS;
		Figures = GetStatistics();
	}
	GEngine->AddOnScreenDebugMessage(uint64(GetUniqueID()), 0.0f, FColor::White, Figures);
}

// ---- what is told

void UTalkwireFaceComponent::Tell(int64 NowNs)
{
	const TSharedPtr<FTalkwireActor> Kept = Actor; // whoever is told may close this
	for (const talkwire::Notice& Notice : std::exchange(Kept->Seat->Notices, {}))
	{
		if (Kept->Lines.Hear(Notice))
		{
			OnLineRefused.Broadcast(int32(Notice.say), ToEngine(Notice.problem.sentence()));
		}
	}
	talkwire::Happening Happening;
	while (Kept->Player.happened(NowNs, Happening))
	{
		using EKind = talkwire::Happening::Kind;
		switch (Happening.kind)
		{
		case EKind::started: OnLineStarted.Broadcast(Kept->Lines.Begin()); break;
		case EKind::ended: OnLineEnded.Broadcast(Kept->Lines.End()); break;
		case EKind::interrupted: OnLineInterrupted.Broadcast(Kept->Lines.End()); break;
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

FString UTalkwireFaceComponent::GetStatistics() const
{
	return Actor.IsValid() ? FiguresOf(Npc, *Actor) : FString();
}

// ---- what it is told

int32 UTalkwireFaceComponent::Say(USoundWave* Sound)
{
	FString Why = TEXT("there is no sound");
	const TSharedPtr<FTalkwireWave> Wave = Sound != nullptr ? FTalkwireWave::Read(*Sound, Why) : nullptr;
	if (!Wave.IsValid() || !Open())
	{
		Refuse(TEXT("nothing is said"), Wave.IsValid() ? Refused : Why);
		return 0;
	}
	talkwire::Problem Problem;
	const int32 Line = int32(Actor->Seat->Npc.begin(Wave->GetRateHz(), talkwire::SampleFormat::s16, Problem));
	if (Line == 0)
	{
		Refuse(TEXT("nothing is said"), ToEngine(Problem.sentence()));
		return 0;
	}
	Actor->Lines.Said(Line);
	const TWeakObjectPtr<UTalkwireFaceComponent> Weak(this);
	Async(EAsyncExecution::ThreadPool, [Weak, Wave, Line]() {
		Wave->Decode();
		AsyncTask(ENamedThreads::GameThread, [Weak, Wave, Line]() {
			if (UTalkwireFaceComponent* Face = Weak.Get())
			{
				Face->Push(Line, *Wave);
			}
		});
	});
	return Line;
}

void UTalkwireFaceComponent::Push(int32 Line, const FTalkwireWave& Wave)
{
	if (Actor.IsValid())
	{
		talkwire::Problem Problem;
		if (!Actor->Seat->Npc.push(uint32(Line), Wave.GetSamples().data(), Wave.GetSamples().size(), Problem))
		{
			Refuse(TEXT("not all is said"), ToEngine(Problem.sentence()));
		}
		Actor->Seat->Npc.end(uint32(Line));
	}
}

int32 UTalkwireFaceComponent::PushPcm(const TArray<float>& Samples, int32 SampleRate)
{
	if (!Open())
	{
		Refuse(TEXT("nothing is said"), Refused);
		return 0;
	}
	talkwire::Problem Problem;
	if (Actor->Pushed != 0 && Actor->PushedRateHz != SampleRate)
	{
		EndLine(); // one line has one rate
	}
	if (Actor->Pushed == 0)
	{
		Actor->Pushed = Actor->Seat->Npc.begin(uint32(FMath::Max(0, SampleRate)), talkwire::SampleFormat::f32, Problem);
		Actor->PushedRateHz = SampleRate;
		if (Actor->Pushed != 0)
		{
			Actor->Lines.Said(int32(Actor->Pushed));
		}
	}
	if (Actor->Pushed == 0 || !Actor->Seat->Npc.push(Actor->Pushed, Samples.GetData(), std::size_t(Samples.Num()), Problem))
	{
		Refuse(TEXT("not all is said"), ToEngine(Problem.sentence()));
	}
	return int32(Actor->Pushed);
}

void UTalkwireFaceComponent::EndLine()
{
	if (Actor.IsValid() && Actor->Pushed != 0)
	{
		Actor->Seat->Npc.end(Actor->Pushed);
		Actor->Pushed = 0;
	}
}

void UTalkwireFaceComponent::Interrupt()
{
	if (Actor.IsValid())
	{
		Actor->Pushed = 0;
		Actor->Seat->Npc.interrupt();
	}
}

void UTalkwireFaceComponent::SetEmotion(FName Emotion, float Intensity)
{
	Style->SetEmotion(Emotion.ToString(), Intensity);
}

void UTalkwireFaceComponent::SetStyle(float Strength, float FollowVoice, const TMap<FName, float>& Layers)
{
	Style->SetStrength(Strength, FollowVoice);
	for (const TPair<FName, float>& Layer : Layers)
	{
		Style->SetLayer(Layer.Key.ToString(), Layer.Value);
	}
}

void UTalkwireFaceComponent::LookAt(FVector Target)
{
	bLooks = true;
	LookedAt = Target;
	LookedAtActor = nullptr;
}

void UTalkwireFaceComponent::LookAtActor(AActor* Target)
{
	bLooks = Target != nullptr;
	LookedAtActor = Target;
}

void UTalkwireFaceComponent::LookAround()
{
	bLooks = false;
	LookedAtActor = nullptr;
}

/// Everything that it is to be, once a tick: the wire takes it whole.
void UTalkwireFaceComponent::TurnEyes()
{
	const AActor* Target = LookedAtActor.Get();
	const FVector Place = Target != nullptr ? Target->GetActorLocation() : LookedAt;
	if (bLooks)
	{
		const FVector Eyes = Mesh != nullptr ? Mesh->GetComponentTransform().TransformPosition(Mesh->Middle()) : GetOwner()->GetActorLocation();
		const FVector Seen = GetOwner()->GetActorTransform().InverseTransformVectorNoScale(Place - Eyes);
		const double Level = FMath::Sqrt(Seen.X * Seen.X + Seen.Y * Seen.Y);
		Style->LookAt(FMath::RadiansToDegrees(FMath::Atan2(-Seen.Y, Seen.X)), FMath::RadiansToDegrees(FMath::Atan2(Seen.Z, Level)));
	}
	else
	{
		Style->LookAround();
	}
	talkwire::Problem Problem;
	if (!Style->Send(Actor->Seat->Npc, Problem))
	{
		Refuse(TEXT("its style stays as it is"), ToEngine(Problem.sentence()));
	}
}

void UTalkwireFaceComponent::Refuse(const TCHAR* What, const FString& Why)
{
	UE_LOG(LogTalkwire, Warning, TEXT("%s: %s: %s"), *Npc, What, *Why);
}
