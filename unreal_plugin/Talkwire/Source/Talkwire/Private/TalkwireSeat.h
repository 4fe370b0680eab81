// Who follows an NPC: one at a time for each connection, as what arrives is taken once.
#pragma once

#include <vector>

#include "CoreMinimal.h"
#include "Talkwire/Client.h"
#include "Talkwire/Vertices.h"

/// A game's component takes an NPC from the editor's, and either from Live Link.
enum class ETalkwireRank : uint8
{
	LiveLink,
	Editor,
	Game,
};

/// A place at an NPC, from UTalkwireSubsystem::Sit until its Npc is left, or until one of a higher rank takes it.
struct FTalkwireSeat
{
	talkwire::Npc Npc;
	ETalkwireRank Rank = ETalkwireRank::LiveLink;
	bool bTaken = false; // by another: leave it, and ask again
	bool bShows = false; // a face, for whoever wants to see it, too:
	talkwire::Face Face;
	std::vector<talkwire::Notice> Notices; // that matter to this NPC's lines, until they are read
};
