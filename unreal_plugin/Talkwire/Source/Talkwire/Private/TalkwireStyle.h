// How an NPC speaks, feels and looks: the game says it piece by piece, the wire takes it whole.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "CoreMinimal.h"
#include "Talkwire/Client.h"

class FTalkwireStyle
{
public:
	void SetEmotion(const FString& Name, float Intensity);
	void SetLayer(const FString& Name, float Share);
	void SetStrength(float Strength, float FollowVoice);
	/// At a place in the world. Head: of a head that looks along its +Y, with its eyes at Eyes.
	void LookAt(const FTransform& Head, const FVector& Eyes, const FVector& Place);
	void LookAround();

	/// Send it again: to another NPC.
	void Renew() { bChanged = bSaid; }
	/// If anything has changed since it was sent. False, and Problem, where a value is out of its limits.
	bool Send(talkwire::Npc& Npc, talkwire::Problem& Problem);

	/// Degrees, seen from the face: to its own left, and up.
	double GetYawDeg() const { return YawDeg; }
	double GetPitchDeg() const { return PitchDeg; }

private:
	using FShares = std::vector<std::pair<std::string, double>>;
	void Set(FShares& Shares, const FString& Name, float Share);

	FShares Emotions, Layers;
	double Strength = 1.0, FollowVoice = 0.0, YawDeg = 0.0, PitchDeg = 0.0;
	bool bLooks = false, bSaid = false, bChanged = false; // bSaid: anything at all
};
