// What a face is told: to say something, to stop, how to feel, where to look. Each returns at once.
#include "TalkwireFaceComponent.h"

#include "Async/Async.h"
#include "GameFramework/Actor.h"
#include "Sound/SoundWave.h"
#include "TalkwireActor.h"
#include "TalkwireLog.h"
#include "TalkwireMeshComponent.h"
#include "TalkwireStyle.h"
#include "TalkwireText.h"
#include "TalkwireWave.h"

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

/// Once a tick, as it moves, and what it looks at does.
void UTalkwireFaceComponent::SendStyle()
{
	if (bLooks)
	{
		const AActor* Target = LookedAtActor.Get();
		const FVector Place = Target != nullptr ? Target->GetActorLocation() : LookedAt;
		if (Mesh != nullptr)
		{
			Style->LookAt(Mesh->GetComponentTransform(), Mesh->Middle(), Place);
		}
		else
		{
			Style->LookAt(FTransform(MeshTurn) * GetOwner()->GetActorTransform(), FVector::ZeroVector, Place);
		}
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
