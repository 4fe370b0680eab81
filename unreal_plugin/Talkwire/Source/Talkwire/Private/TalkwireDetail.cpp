#include "TalkwireDetail.h"

#include "TalkwireSettings.h"

talkwire::Reading ReadingOf(int32 Detail, bool bMesh, bool bTexture, bool bExact)
{
	talkwire::Reading Reading;
	Reading.pictures = bExact ? talkwire::ImageFormat::rgb : talkwire::ImageFormat::bc1; // which the card takes as it is
	Reading.mesh = bMesh || bTexture;
	Reading.patches = bTexture && Detail < 2;
	Reading.suggested = bMesh && Detail == 0;
	if (Detail < 2 && !Reading.suggested)
	{
		Reading.frames = bMesh ? talkwire::Plane::frame_basis : talkwire::Plane::frame_arkit;
	}
	return Reading;
}

int32 DetailAt(double DistanceM, int32 Detail, const UTalkwireSettings& Settings)
{
	constexpr double Slack = 0.1; // of the border
	const double BordersM[] = {Settings.FewerBytesBeyondM, Settings.SoundOnlyBeyondM};
	int32 Found = 0;
	for (int32 i = 0; i < 2; ++i)
	{
		const double BorderM = BordersM[i] * (Detail > i ? 1.0 - Slack : 1.0 + Slack);
		Found = BordersM[i] > 0.0 && DistanceM > BorderM ? i + 1 : Found;
	}
	return Found;
}
