#include "TalkwireLines.h"

#include <algorithm>

#include "TalkwireText.h"

using talkwire::SpeechState;

namespace
{

FTalkwireTold::EKind KindOf(talkwire::Happening::Kind Kind)
{
	switch (Kind)
	{
	case talkwire::Happening::Kind::started: return FTalkwireTold::EKind::Started;
	case talkwire::Happening::Kind::ended: return FTalkwireTold::EKind::Ended;
	default: return FTalkwireTold::EKind::Interrupted;
	}
}

} // namespace

void FTalkwireLines::Hear(const talkwire::Notice& Notice, int64 NowNs)
{
	using EKind = talkwire::Notice::Kind;
	if (Notice.kind == EKind::welcome)
	{
		for (FLine& Line : Lines)
		{
			Line.bGoesOn = Line.OverNs == 0;
		}
	}
	if (Notice.kind == EKind::closed || (Notice.kind == EKind::welcome && Notice.restarted))
	{
		CountAnew();
	}
	FLine* Line = Notice.kind == EKind::line ? Find(int32(Notice.say)) : nullptr;
	if (Line != nullptr)
	{
		Hear(*Line, Notice, NowNs);
	}
}

void FTalkwireLines::Hear(FLine& Line, const talkwire::Notice& Notice, int64 NowNs)
{
	if (Notice.utterance != 0 && (Notice.utterance != Line.Utterance || Line.bGoesOn))
	{
		Line.Utterance = Notice.utterance;
		Line.bGoesOn = Line.bEnded = false;
		Parts.push_back({Line.Line, Notice.utterance, UINT32_MAX});
	}
	const bool bOver = Notice.state != SpeechState::queued && Notice.state != SpeechState::speaking;
	if (bOver && Line.OverNs == 0)
	{
		Line.State = Notice.state;
		Line.OverNs = NowNs;
		Line.Why = Notice.problem;
	}
}

/// An utterance with a number that is known already is another one from now on, in a newer generation.
void FTalkwireLines::CountAnew()
{
	for (FPart& Part : Parts)
	{
		Part.MostGeneration = std::min(Part.MostGeneration, Newest);
	}
}

bool FTalkwireLines::Tell(int64 NowNs, FTalkwireTold& Told)
{
	while (!Heard.empty())
	{
		const talkwire::Happening One = Heard.front();
		const auto Its = std::find_if(Parts.begin(), Parts.end(), [&One](const FPart& Part) {
			return Part.Utterance == One.utterance && One.generation <= Part.MostGeneration;
		});
		const bool bOurs = Its != Parts.end();
		if (!bOurs && One.utterance != Others && NowNs - One.now_ns < LateNs && MayBeOurs())
		{
			break;
		}
		Heard.erase(Heard.begin());
		if (!bOurs)
		{
			Others = One.utterance;
			Told = {KindOf(One.kind), 0, FString()};
			return true;
		}
		const FPart Part = *Its;
		if (One.kind != talkwire::Happening::Kind::started)
		{
			Parts.erase(Its);
		}
		if (Hear(Part, One, NowNs, Told))
		{
			return true;
		}
	}
	for (FLine& Line : Lines)
	{
		if (Finish(Line, NowNs, Told))
		{
			return true;
		}
	}
	return false;
}

/// Whether that is to be told.
bool FTalkwireLines::Hear(const FPart& Part, const talkwire::Happening& Happening, int64 NowNs, FTalkwireTold& Told)
{
	FLine& Line = *Find(Part.Line);
	if (Happening.kind != talkwire::Happening::Kind::started)
	{
		Line.bEnded = true;
		Line.End = KindOf(Happening.kind);
		return Finish(Line, NowNs, Told);
	}
	if (Line.bStarted)
	{
		return false; // it goes on
	}
	Line.bStarted = true;
	Told = {FTalkwireTold::EKind::Started, Line.Line, FString()};
	return true;
}

/// Whether it is over, which is to be told then; it is none any more.
bool FTalkwireLines::Finish(FLine& Line, int64 NowNs, FTalkwireTold& Told)
{
	using EKind = FTalkwireTold::EKind;
	const auto IsIts = [&Line](const FPart& Part) { return Part.Line == Line.Line; };
	const bool bHasParts = std::any_of(Parts.begin(), Parts.end(), IsIts);
	Told = {Line.End, Line.Line, FString()};
	if (bHasParts || !Line.bEnded || Line.bGoesOn)
	{
		const bool bCut = Line.State == SpeechState::interrupted;
		const int64 PatienceNs = bCut && !Line.bStarted ? LostNs : bHasParts ? UnheardNs : 0;
		if (Line.OverNs == 0 || NowNs - Line.OverNs < PatienceNs)
		{
			return false;
		}
		Told.Kind = !Line.bStarted ? EKind::Lost : Line.State == SpeechState::done ? EKind::Ended : EKind::Interrupted;
		const TCHAR* Else = bCut ? TEXT("it was cut before it began") : TEXT("nothing of it was heard");
		Told.Why = Line.Why ? ToEngine(Line.Why.sentence()) : FString(Else);
	}
	Parts.erase(std::remove_if(Parts.begin(), Parts.end(), IsIts), Parts.end());
	Lines.erase(Lines.begin() + (&Line - Lines.data()));
	return true;
}

/// Whether there is a line of which nobody knows yet as what it is spoken.
bool FTalkwireLines::MayBeOurs() const
{
	return std::any_of(Lines.begin(), Lines.end(), [](const FLine& Line) {
		return Line.bGoesOn || (Line.Utterance == 0 && (Line.OverNs == 0 || Line.State == SpeechState::interrupted));
	});
}

FTalkwireLines::FLine* FTalkwireLines::Find(int32 Line)
{
	const auto At = std::find_if(Lines.begin(), Lines.end(), [Line](const FLine& One) { return One.Line == Line; });
	return At != Lines.end() ? &*At : nullptr;
}
