#include "TalkwireStyle.h"

#include <algorithm>
#include <cmath>

#include "TalkwireText.h"

void FTalkwireStyle::SetEmotion(const FString& Name, float Intensity)
{
	Set(Emotions, Name, FMath::Clamp(Intensity, 0.0f, 1.0f));
}

void FTalkwireStyle::SetLayer(const FString& Name, float Share)
{
	Set(Layers, Name, FMath::Clamp(Share, 0.0f, 2.0f));
}

void FTalkwireStyle::SetStrength(float InStrength, float InFollowVoice)
{
	if (!std::isfinite(InStrength) || !std::isfinite(InFollowVoice))
	{
		return;
	}
	Strength = FMath::Clamp(InStrength, 0.0f, 2.0f);
	FollowVoice = FMath::Clamp(InFollowVoice, 0.0f, 1.0f);
	bChanged = true;
}

void FTalkwireStyle::LookAt(const FTransform& Head, const FVector& Eyes, const FVector& Place)
{
	constexpr double SameDeg = 0.5, MostDeg = 90.0;
	const FVector Seen = Head.InverseTransformVectorNoScale(Place - Head.TransformPosition(Eyes));
	const double Level = FMath::Sqrt(Seen.X * Seen.X + Seen.Y * Seen.Y);
	const double Yaw = FMath::Clamp(FMath::RadiansToDegrees(FMath::Atan2(Seen.X, Seen.Y)), -MostDeg, MostDeg);
	const double Pitch = FMath::Clamp(FMath::RadiansToDegrees(FMath::Atan2(Seen.Z, Level)), -MostDeg, MostDeg);
	const bool bSame = bLooks && std::fabs(Yaw - YawDeg) < SameDeg && std::fabs(Pitch - PitchDeg) < SameDeg;
	if (std::isfinite(Yaw + Pitch) && !bSame)
	{
		bLooks = bChanged = true;
		YawDeg = Yaw;
		PitchDeg = Pitch;
	}
}

void FTalkwireStyle::LookAround()
{
	bChanged = bChanged || bLooks;
	bLooks = false;
}

bool FTalkwireStyle::Send(talkwire::Npc& Npc, talkwire::Problem& Problem)
{
	if (!bChanged)
	{
		return true;
	}
	bChanged = false;
	bSaid = true;
	talkwire::Style Style;
	Style.strength = Strength;
	Style.follow_voice = FollowVoice;
	for (const auto& [Name, Share] : Emotions)
	{
		Style.emotions.add({Name, Share});
	}
	for (const auto& [Name, Share] : Layers)
	{
		Style.layers.add({Name, Share});
	}
	if (bLooks)
	{
		Style.look_at_deg.add({YawDeg, PitchDeg});
	}
	return Npc.style(Style, Problem);
}

void FTalkwireStyle::Set(FShares& Shares, const FString& Name, float Share)
{
	if (!std::isfinite(Share))
	{
		return;
	}
	const std::string Wanted = ToCore(Name);
	const auto Found = std::find_if(Shares.begin(), Shares.end(), [&Wanted](const auto& One) { return One.first == Wanted; });
	if (Found == Shares.end())
	{
		Shares.emplace_back(Wanted, Share);
	}
	else
	{
		Found->second = Share;
	}
	bChanged = true;
}
