// What this component says, from Say until it is heard: which of the player's happenings is of which line.
#pragma once

#include <vector>

#include "CoreMinimal.h"
#include "Talkwire/Notice.h"

/// The server speaks lines in order. What it reports of ours comes before it is heard, so that the first of ours that it has begun
/// is the one whose sound begins now.
class FTalkwireLines
{
public:
	void Said(int32 Line) { Lines.push_back({Line, false}); }
	/// What the server reports. True where it will never be heard: it was refused, or cut before it began.
	bool Hear(const talkwire::Notice& Notice);
	/// A sound begins: which line it is; 0 for somebody else's.
	int32 Begin();
	/// It ends: which it was.
	int32 End();

private:
	struct FLine
	{
		int32 Line;
		bool bSpoken;
	};
	std::vector<FLine> Lines;
	int32 Heard = 0;
};
