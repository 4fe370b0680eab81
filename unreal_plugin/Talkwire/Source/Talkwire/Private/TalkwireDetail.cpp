#include "TalkwireDetail.h"

#include "TalkwireSettings.h"

talkwire::Reading ReadingOf(int32 Detail, bool bMesh)
{
	talkwire::Reading Reading;
	Reading.bc1 = true; // the card takes it as it is
	Reading.mesh = Reading.patches = bMesh;
	Reading.suggested = bMesh && Detail == 0;
	if (!bMesh)
	{
		Reading.frames = talkwire::Plane::frame_arkit;
	}
	else if (Detail == 1)
	{
		Reading.frames = talkwire::Plane::frame_basis;
	}
	Reading.patches = Reading.patches && Detail < 2;
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
