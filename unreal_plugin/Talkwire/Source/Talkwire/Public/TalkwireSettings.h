// Project Settings > Plugins > talkwire.
#pragma once

#include "CoreMinimal.h"
#include "Engine/DeveloperSettings.h"

#include "TalkwireSettings.generated.h"

/// What holds for the whole project. What a component leaves empty is taken from here.
UCLASS(Config = Game, DefaultConfig, meta = (DisplayName = "talkwire"))
class TALKWIRE_API UTalkwireSettings : public UDeveloperSettings
{
	GENERATED_BODY()

public:
	virtual FName GetCategoryName() const override { return FName(TEXT("Plugins")); }

	/// Where `talkwire serve` listens.
	UPROPERTY(Config, EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	FString Endpoint = TEXT("tcp://127.0.0.1:5556");

	/// What the server's --token-file says, if it has one. It goes over the network as it is.
	UPROPERTY(Config, EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	FString Token;

	/// For a server with keys, in a build with libzmq: the path of this client's .key file, of the project's folder where it is
	/// relative; or the 40 characters in it. These settings are a text file that goes with the game.
	UPROPERTY(Config, EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	FString Key;

	/// The same of the server's .pub file.
	UPROPERTY(Config, EditAnywhere, BlueprintReadOnly, Category = "talkwire")
	FString ServerKey;

	/// What is kept ready beyond what is heard moves between these two, as the network needs.
	UPROPERTY(Config, EditAnywhere, BlueprintReadOnly, Category = "talkwire", meta = (ClampMin = "0", ClampMax = "1000", Units = "ms"))
	float LeastBufferMs = 20.0f;

	UPROPERTY(Config, EditAnywhere, BlueprintReadOnly, Category = "talkwire", meta = (ClampMin = "0", ClampMax = "1000", Units = "ms"))
	float MostBufferMs = 120.0f;

	/// From the sound's block to the ear, beyond what the engine knows of: the device's own buffers.
	UPROPERTY(Config, EditAnywhere, BlueprintReadOnly, Category = "talkwire", meta = (ClampMin = "0", ClampMax = "500", Units = "ms"))
	float DeviceLatencyMs = 20.0f;

	/// Farther than this from the camera a head comes as coefficients of a basis: a tenth of the bytes. 0: never.
	UPROPERTY(Config, EditAnywhere, BlueprintReadOnly, Category = "talkwire", meta = (ClampMin = "0", Units = "m"))
	float FewerBytesBeyondM = 5.0f;

	/// Farther than this it is heard and does not move. 0: never.
	UPROPERTY(Config, EditAnywhere, BlueprintReadOnly, Category = "talkwire", meta = (ClampMin = "0", Units = "m"))
	float SoundOnlyBeyondM = 30.0f;
};
