#include "TalkwireAsyncActions.h"

#include "Containers/Ticker.h"
#include "Sound/SoundWave.h"
#include "TalkwireFaceComponent.h"

UTalkwireSayAndWait* UTalkwireSayAndWait::SayAndWait(UTalkwireFaceComponent* Face, USoundWave* Sound)
{
	UTalkwireSayAndWait* Made = NewObject<UTalkwireSayAndWait>();
	Made->Speaker = Face;
	Made->Said = Sound;
	Made->RegisterWithGameInstance(Face); // it is kept until it is ready to be destroyed
	return Made;
}

void UTalkwireSayAndWait::Activate()
{
	UTalkwireFaceComponent* Face = Speaker.Get();
	Line = Face != nullptr ? Face->Say(Said.Get()) : 0;
	if (Line == 0)
	{
		Failed.Broadcast(TEXT("it cannot be said; the log has the reason"));
		SetReadyToDestroy();
		return;
	}
	Face->OnLineStarted.AddDynamic(this, &UTalkwireSayAndWait::LineStarted);
	Face->OnLineEnded.AddDynamic(this, &UTalkwireSayAndWait::LineEnded);
	Face->OnLineInterrupted.AddDynamic(this, &UTalkwireSayAndWait::LineInterrupted);
	Loss = Face->OnLineLost.AddUObject(this, &UTalkwireSayAndWait::LineLost);
}

void UTalkwireSayAndWait::LineStarted(int32 SaidLine)
{
	if (SaidLine == Line)
	{
		Started.Broadcast();
	}
}

void UTalkwireSayAndWait::LineEnded(int32 SaidLine)
{
	if (SaidLine == Line)
	{
		Finish();
		Ended.Broadcast();
	}
}

void UTalkwireSayAndWait::LineInterrupted(int32 SaidLine)
{
	if (SaidLine == Line)
	{
		Finish();
		Interrupted.Broadcast();
	}
}

void UTalkwireSayAndWait::LineLost(int32 SaidLine, const FString& Why)
{
	if (SaidLine == Line)
	{
		Finish();
		Failed.Broadcast(Why);
	}
}

void UTalkwireSayAndWait::Finish()
{
	if (UTalkwireFaceComponent* Face = Speaker.Get())
	{
		Face->OnLineStarted.RemoveDynamic(this, &UTalkwireSayAndWait::LineStarted);
		Face->OnLineEnded.RemoveDynamic(this, &UTalkwireSayAndWait::LineEnded);
		Face->OnLineInterrupted.RemoveDynamic(this, &UTalkwireSayAndWait::LineInterrupted);
		Face->OnLineLost.Remove(Loss);
	}
	SetReadyToDestroy();
}

UTalkwireConnectAndWait* UTalkwireConnectAndWait::ConnectAndWait(UObject* Context, const FString& Endpoint, float TimeoutSeconds)
{
	UTalkwireConnectAndWait* Made = NewObject<UTalkwireConnectAndWait>();
	Made->Server = Endpoint;
	Made->LeftS = TimeoutSeconds;
	Made->RegisterWithGameInstance(Context);
	return Made;
}

void UTalkwireConnectAndWait::Activate()
{
	if (UTalkwireSubsystem* Subsystem = UTalkwireSubsystem::Get())
	{
		Subsystem->Connect(Server);
	}
	FTSTicker::GetCoreTicker().AddTicker(FTickerDelegate::CreateUObject(this, &UTalkwireConnectAndWait::Tick));
}

/// True to be asked again.
bool UTalkwireConnectAndWait::Tick(float DeltaTime)
{
	const UTalkwireSubsystem* Subsystem = UTalkwireSubsystem::Get();
	const ETalkwireState State = Subsystem != nullptr ? Subsystem->GetState(Server) : ETalkwireState::Off;
	LeftS -= DeltaTime;
	if (State == ETalkwireState::Connecting && LeftS > 0.0)
	{
		return true;
	}
	SetReadyToDestroy();
	if (State == ETalkwireState::Connected)
	{
		Connected.Broadcast();
	}
	else
	{
		Failed.Broadcast(Subsystem != nullptr ? Subsystem->GetProblem(Server) : FString());
	}
	return false;
}
