// Blueprint nodes that go on when something has happened. Nothing waits meanwhile.
#pragma once

#include "CoreMinimal.h"
#include "Kismet/BlueprintAsyncActionBase.h"
#include "TalkwireSubsystem.h"

#include "TalkwireAsyncActions.generated.h"

class USoundWave;
class UTalkwireFaceComponent;

DECLARE_DYNAMIC_MULTICAST_DELEGATE(FTalkwirePin);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FTalkwireFailedPin, const FString&, Why);

/// Say a sound, and go on when it is heard: Started, then one of Ended, Interrupted and Failed; once each.
UCLASS()
class TALKWIRE_API UTalkwireSayAndWait : public UBlueprintAsyncActionBase
{
	GENERATED_BODY()

public:
	/// Face: who says it. Sound: in memory, see Say.
	UFUNCTION(BlueprintCallable, Category = "talkwire", meta = (BlueprintInternalUseOnly = "true", DefaultToSelf = "Face"))
	static UTalkwireSayAndWait* SayAndWait(UTalkwireFaceComponent* Face, USoundWave* Sound);

	UPROPERTY(BlueprintAssignable, Category = "talkwire")
	FTalkwirePin Started;

	UPROPERTY(BlueprintAssignable, Category = "talkwire")
	FTalkwirePin Ended;

	UPROPERTY(BlueprintAssignable, Category = "talkwire")
	FTalkwirePin Interrupted;

	UPROPERTY(BlueprintAssignable, Category = "talkwire")
	FTalkwireFailedPin Failed;

	virtual void Activate() override;

private:
	UFUNCTION()
	void LineStarted(int32 SaidLine);

	UFUNCTION()
	void LineEnded(int32 SaidLine);

	UFUNCTION()
	void LineInterrupted(int32 SaidLine);

	void LineLost(int32 SaidLine, const FString& Why);
	void Finish();

	TWeakObjectPtr<UTalkwireFaceComponent> Speaker;
	TWeakObjectPtr<USoundWave> Said;
	FDelegateHandle Loss;
	int32 Line = 0;
};

/// Connect to a server, and go on when that is done.
UCLASS()
class TALKWIRE_API UTalkwireConnectAndWait : public UBlueprintAsyncActionBase
{
	GENERATED_BODY()

public:
	/// Endpoint: empty for the settings'.
	UFUNCTION(BlueprintCallable, Category = "talkwire", meta = (BlueprintInternalUseOnly = "true", WorldContext = "Context"))
	static UTalkwireConnectAndWait* ConnectAndWait(UObject* Context, const FString& Endpoint, float TimeoutSeconds = 10.0f);

	UPROPERTY(BlueprintAssignable, Category = "talkwire")
	FTalkwirePin Connected;

	UPROPERTY(BlueprintAssignable, Category = "talkwire")
	FTalkwireFailedPin Failed;

	virtual void Activate() override;

private:
	bool Tick(float DeltaTime);

	FString Server;
	double LeftS = 0.0;
};
