#include "TalkwireLines.h"

#include <algorithm>

bool FTalkwireLines::Hear(const talkwire::Notice& Notice)
{
	const auto Found = std::find_if(Lines.begin(), Lines.end(), [&Notice](const FLine& One) { return One.Line == int32(Notice.say); });
	if (Found == Lines.end())
	{
		return false;
	}
	using talkwire::SpeechState;
	Found->bSpoken = Found->bSpoken || Notice.state == SpeechState::speaking || Notice.state == SpeechState::done;
	const bool bCut = Notice.state == SpeechState::interrupted && !Found->bSpoken;
	if (Notice.state == SpeechState::refused || bCut)
	{
		Lines.erase(Found);
		return true;
	}
	return false;
}

int32 FTalkwireLines::Begin()
{
	Heard = 0;
	if (!Lines.empty() && Lines.front().bSpoken)
	{
		Heard = Lines.front().Line;
		Lines.erase(Lines.begin());
	}
	return Heard;
}

int32 FTalkwireLines::End()
{
	const int32 Ended = Heard;
	Heard = 0;
	return Ended;
}
