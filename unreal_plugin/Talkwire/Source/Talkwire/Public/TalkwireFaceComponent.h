// One NPC on an Actor: its settings, what it is told, and what becomes of it.
#pragma once

#include "Components/ActorComponent.h"
#include "CoreMinimal.h"
#include "TalkwireSubsystem.h"

#include "TalkwireFaceComponent.generated.h"

class AActor;
class FTalkwireActor;
class FTalkwireStyle;
class FTalkwireWave;
class UMaterialInstanceDynamic;
class UMaterialInterface;
class USoundWave;
class UTalkwireMeshComponent;
class UTalkwireVoiceComponent;
class UTexture2D;
namespace talkwire
{
struct Picture;
}

DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FTalkwireLineEvent, int32, Line);
DECLARE_DYNAMIC_MULTICAST_DELEGATE_OneParam(FTalkwireConnectionEvent, ETalkwireState, State);
DECLARE_MULTICAST_DELEGATE_TwoParams(FTalkwireLineLost, int32, const FString&);

/// Works in a game and in the editor without Play. Every call returns at once, and may be made in any state: what is said
/// before there is a connection is said when there is one. Properties that change take effect at once.
UCLASS(ClassGroup = (talkwire), meta = (BlueprintSpawnableComponent, DisplayName = "Talkwire Face"))
class TALKWIRE_API UTalkwireFaceComponent : public UActorComponent
{
	GENERATED_BODY()

public:
	UTalkwireFaceComponent(const FObjectInitializer& ObjectInitializer);

	/// Of the server; empty: the settings'.
	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	FString Endpoint;

	/// Its name at the server: letters, digits, '_', '.' and '-'.
	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	FString Npc = TEXT("nova");

	/// Which of the server's heads; empty: its first.
	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	FString Avatar;

	/// Whether its head is drawn. Off, it is a voice, and curves for Live Link.
	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	bool bShowMesh = true;

	/// Whether its texture is there though its head is not: for a Talkwire Video Face.
	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	bool bStreamTexture = false;

	/// Whether what changes of its texture comes without loss, in six times the bytes: for a server on the same machine.
	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	bool bExactTexture = false;

	/// What its head is drawn with; empty: what the mesh has.
	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	TObjectPtr<UMaterialInterface> HeadMaterial;

	/// The material's parameter that the head's texture is put on.
	UPROPERTY(EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	FName TextureParameter = FName(TEXT("Skin"));

	/// How much later than its sound a moment is shown: more than 0 where the ear hears later, as with wireless headphones.
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "talkwire", meta = (ClampMin = "-1000", ClampMax = "1000", Units = "ms"))
	float AVOffsetMs = 0.0f;

	/// Less comes over the network when the camera is far; the settings say how far.
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "talkwire")
	bool bDetailByDistance = true;

	/// Figures on the screen, twice a second.
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "talkwire")
	bool bShowStatistics = false;

	/// The first sample of a line is heard. Line: what Say gave; 0: somebody else's. Once, also where the server is lost in it.
	UPROPERTY(BlueprintAssignable, Category = "talkwire")
	FTalkwireLineEvent OnLineStarted;

	/// Its last is.
	UPROPERTY(BlueprintAssignable, Category = "talkwire")
	FTalkwireLineEvent OnLineEnded;

	/// It was cut. Of each line that was heard there is one of these two, once.
	UPROPERTY(BlueprintAssignable, Category = "talkwire")
	FTalkwireLineEvent OnLineInterrupted;

	UPROPERTY(BlueprintAssignable, Category = "talkwire")
	FTalkwireConnectionEvent OnConnectionChanged;

	/// It will never be heard: the server would not have it, or it was cut before it began. For C++; nodes have it as Failed.
	FTalkwireLineLost OnLineLost;

	/// Say a sound that is in memory (its Loading Behavior is Force Inline, or it was made at run time). Its number; 0 where it
	/// cannot be read, and the log says why.
	UFUNCTION(BlueprintCallable, Category = "talkwire")
	int32 Say(USoundWave* Sound);

	/// Say it piece by piece, as a microphone or a voice generator gives it: mono, in [-1, 1]. The first begins a line.
	UFUNCTION(BlueprintCallable, Category = "talkwire")
	int32 PushPcm(const TArray<float>& Samples, int32 SampleRate = 24000);

	/// The line of PushPcm is complete.
	UFUNCTION(BlueprintCallable, Category = "talkwire")
	void EndLine();

	/// Cut what it says and has waiting: silent after 10 ms and what the device has taken already.
	UFUNCTION(BlueprintCallable, Category = "talkwire")
	void Interrupt();

	/// joy, sadness, anger, fear, disgust, surprise, contempt: from 0 to 1. They mix, and stay until they are set to 0.
	UFUNCTION(BlueprintCallable, Category = "talkwire")
	void SetEmotion(FName Emotion, float Intensity);

	/// Strength: of the lips, from 0 to 2. FollowVoice: from 0 to 1, how far it goes with the effort that the voice makes. Layers:
	/// lips, brows, nods, blinks, gaze, sway, breath, from 0 (the game has it) on.
	UFUNCTION(BlueprintCallable, Category = "talkwire", meta = (AutoCreateRefTerm = "Layers"))
	void SetStyle(float Strength, float FollowVoice, const TMap<FName, float>& Layers);

	/// Keep looking at this place in the world, from wherever the Actor is.
	UFUNCTION(BlueprintCallable, Category = "talkwire")
	void LookAt(FVector Target);

	/// The same at an Actor, wherever it goes.
	UFUNCTION(BlueprintCallable, Category = "talkwire")
	void LookAtActor(AActor* Target);

	/// Let the eyes wander again.
	UFUNCTION(BlueprintCallable, Category = "talkwire")
	void LookAround();

	UFUNCTION(BlueprintPure, Category = "talkwire")
	ETalkwireState GetState() const;

	/// The weights of ARKit's 52 shapes in Apple's order, as they are shown; empty while there is no picture.
	UFUNCTION(BlueprintPure, Category = "talkwire")
	TArray<float> GetWeights() const;

	UFUNCTION(BlueprintPure, Category = "talkwire")
	UTexture2D* GetTexture() const;

	UFUNCTION(BlueprintPure, Category = "talkwire")
	UTalkwireMeshComponent* GetMesh() const;

	UFUNCTION(BlueprintPure, Category = "talkwire")
	UTalkwireVoiceComponent* GetVoice() const;

	/// Who is shown, and that they agreed, as the avatar says: show it beside the face. Empty until its head is known.
	UFUNCTION(BlueprintPure, Category = "talkwire")
	FString GetShows() const;

	/// That the face is generated, in IPTC's word for how: trainedAlgorithmicMedia, or algorithmicMedia. Empty until its head
	/// is known, and of a server before 1.3 of the protocol.
	UFUNCTION(BlueprintPure, Category = "talkwire")
	FString GetGenerated() const;

	/// What it measures, in one line a figure: A/V error, buffer, frames late and lost, underruns.
	UFUNCTION(BlueprintPure, Category = "talkwire")
	FString GetStatistics() const;

	virtual void BeginPlay() override;
	virtual void EndPlay(const EEndPlayReason::Type Reason) override;
	virtual void OnUnregister() override;
	virtual void OnComponentDestroyed(bool bDestroyingHierarchy) override;
	virtual void TickComponent(float DeltaTime, ELevelTick TickType, FActorComponentTickFunction* ThisTickFunction) override;

private:
	static const FRotator MeshTurn; // from +Y, along which a mesh looks, to the Actor's +X

	bool Open();
	void Close();
	void MakeParts();
	void Show(const talkwire::Picture* Picture);
	void ShowHead();
	void ShowTexture();
	void Tell(int64 NowNs);
	void Push(int32 Line, const FTalkwireWave& Wave);
	void Refuse(const TCHAR* What, const FString& Why);
	bool HasTexture() const { return bShowMesh || bStreamTexture; }
	void TellConnection();
	void ChooseDetail();
	void SendStyle();
	void ShowFigures(float DeltaTime);

	UPROPERTY(Transient)
	TObjectPtr<UTalkwireMeshComponent> Mesh;

	UPROPERTY(Transient)
	TObjectPtr<UTalkwireVoiceComponent> Voice;

	UPROPERTY(Transient)
	TObjectPtr<UTexture2D> Texture;

	UPROPERTY(Transient)
	TObjectPtr<UMaterialInstanceDynamic> Material;

	TSharedPtr<FTalkwireActor> Actor; // from Open to Close
	TSharedPtr<FTalkwireStyle> Style;
	ETalkwireState Told = ETalkwireState::Off;
	bool bLooks = false, bMadeMesh = false, bMadeVoice = false;
	FVector LookedAt = FVector::ZeroVector;
	TWeakObjectPtr<AActor> LookedAtActor;
	int32 Detail = 0;
	FString Refused; // why there is no place at the NPC, as the log has it
	double FiguresS = 0.0;
	FString Figures;
};
