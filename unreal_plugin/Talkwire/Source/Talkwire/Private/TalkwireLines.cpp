#include "TalkwireLines.h"

#include <algorithm>

void FTalkwireLines::Hear(const talkwire::Notice& Notice, int64 NowNs)
{
	const auto Found = std::find_if(Lines.begin(), Lines.end(), [&Notice](const FLine& One) { return One.Line == int32(Notice.say); });
	if (Found == Lines.end())
	{
		return;
	}
	using talkwire::SpeechState;
	switch (Notice.state)
	{
	case SpeechState::queued: break;
	case SpeechState::speaking:
	case SpeechState::done: Found->bSpoken = true; break;
	case SpeechState::interrupted: Found->CutNs = NowNs; break;
	case SpeechState::refused:
		Found->bRefused = true;
		Found->Why = Notice.problem;
		break;
	}
}

int32 FTalkwireLines::Begin(uint32 Generation)
{
	const bool bNewer = Generation != LastGeneration;
	LastGeneration = Generation;
	const auto Found = std::find_if(
		Lines.begin(), Lines.end(), [bNewer](const FLine& One) { return !One.bRefused && !(bNewer && One.CutNs != 0); });
	Heard = 0;
	if (Found != Lines.end() && Found->bSpoken)
	{
		Heard = Found->Line;
		Lines.erase(Found);
	}
	return Heard;
}

int32 FTalkwireLines::End()
{
	const int32 Ended = Heard;
	Heard = 0;
	return Ended;
}

bool FTalkwireLines::Lose(int64 NowNs, int32& Line, talkwire::Problem& Why)
{
	const auto Lost = std::find_if(Lines.begin(), Lines.end(),
		[NowNs](const FLine& One) { return One.bRefused || (One.CutNs != 0 && NowNs - One.CutNs > LostNs); });
	if (Lost == Lines.end())
	{
		return false;
	}
	Line = Lost->Line;
	Why = Lost->Why;
	Lines.erase(Lost);
	return true;
}
