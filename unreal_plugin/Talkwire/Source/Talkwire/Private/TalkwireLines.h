// What this component says, from Say until it is heard: which of the player's happenings is of which line.
#pragma once

#include <vector>

#include "CoreMinimal.h"
#include "Talkwire/Happening.h"
#include "Talkwire/Notice.h"

/// What became of something that was said. Of each line of ours there is one Started and then one Ended or Interrupted, or else one Lost.
struct FTalkwireTold
{
	enum class EKind : uint8
	{
		Started,
		Ended,
		Interrupted,
		Lost, // it will never be heard
	};
	EKind Kind = EKind::Started;
	int32 Line = 0; // 0: somebody else's
	FString Why;    // it is lost
};

/// A line is spoken as an utterance, or, where the server had to be greeted again in the middle of it, as several. The server says
/// which; the player tells of utterances. What goes on after a greeting has neither ended nor begun with it.
class FTalkwireLines
{
public:
	static constexpr int64 LateNs = 250'000'000;       // that a server's word may come later than the sound that it is about
	static constexpr int64 LostNs = 500'000'000;       // since a cut, after which nothing is heard of a line any more
	static constexpr int64 UnheardNs = 10'000'000'000; // since the server had played it: its sound has not come

	void Said(int32 Line) { Lines.emplace_back().Line = Line; }
	/// What the server reports: welcome, closed, line.
	void Hear(const talkwire::Notice& Notice, int64 NowNs);
	/// What the player has told of; and, after all of it, the generation that it has reached.
	void Hear(const talkwire::Happening& Happening) { Heard.push_back(Happening); }
	void Reached(uint32 Generation) { Newest = Generation; }
	/// The next that is to be told; false where there is none yet.
	bool Tell(int64 NowNs, FTalkwireTold& Told);

private:
	struct FLine
	{
		int32 Line = 0;
		talkwire::SpeechState State = talkwire::SpeechState::queued;
		int64 OverNs = 0;     // since when nothing more is said of it; 0: it goes on
		uint32 Utterance = 0; // the latest
		bool bGoesOn = false; // as another one, which is not known yet
		bool bStarted = false, bEnded = false;
		FTalkwireTold::EKind End = FTalkwireTold::EKind::Ended;
		talkwire::Problem Why;
	};
	/// An utterance that a line is spoken as, until it is heard to its end.
	struct FPart
	{
		int32 Line = 0;
		uint32 Utterance = 0, MostGeneration = 0;
	};

	void Hear(FLine& Line, const talkwire::Notice& Notice, int64 NowNs);
	void CountAnew();
	bool Hear(const FPart& Part, const talkwire::Happening& Happening, int64 NowNs, FTalkwireTold& Told);
	bool Finish(FLine& Line, int64 NowNs, FTalkwireTold& Told);
	bool MayBeOurs() const;
	FLine* Find(int32 Line);

	std::vector<FLine> Lines;
	std::vector<FPart> Parts;
	std::vector<talkwire::Happening> Heard; // and not told yet
	uint32 Others = 0;                      // the utterance of somebody else that was told last
	uint32 Newest = 0;
};
