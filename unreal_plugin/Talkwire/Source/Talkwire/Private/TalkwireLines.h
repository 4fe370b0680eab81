// What this component says, from Say until it is heard: which of the player's happenings is of which line.
#pragma once

#include <vector>

#include "CoreMinimal.h"
#include "Talkwire/Notice.h"

/// The server speaks lines in order. What it reports of ours comes before it is heard, so that the first of ours that it has begun
/// is the one whose sound begins now; but not where it was cut, and what begins is newer than the cut.
class FTalkwireLines
{
public:
	static constexpr int64 LostNs = 500'000'000; // since a cut, after which nothing is heard of a line any more

	void Said(int32 Line) { Lines.emplace_back().Line = Line; }
	/// What the server reports.
	void Hear(const talkwire::Notice& Notice, int64 NowNs);
	/// A sound begins: which line it is; 0 for somebody else's.
	int32 Begin(uint32 Generation);
	/// It ends: which it was.
	int32 End();
	/// One that will never be heard, and why: it was refused, or cut before it began. False where there is none.
	bool Lose(int64 NowNs, int32& Line, talkwire::Problem& Why);

private:
	struct FLine
	{
		int32 Line = 0;
		bool bSpoken = false, bRefused = false;
		int64 CutNs = 0; // 0: it was not
		talkwire::Problem Why;
	};
	std::vector<FLine> Lines;
	int32 Heard = 0;
	uint32 LastGeneration = 0;
};
