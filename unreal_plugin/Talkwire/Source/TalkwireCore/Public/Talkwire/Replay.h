// A recording that plays again: what an NPC said and looked like, without a server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "Talkwire/Api.h"
#include "Talkwire/MessageCodec.h"
#include "Talkwire/Problem.h"
#include "Talkwire/Recording.h"

namespace talkwire {

class Player;

/// Plays a recording into a player: what arrived then arrives again, as long after its beginning.
class TALKWIRECORE_API Replay {
public:
    /// session: of which NPC; empty: of the first one in it.
    bool open(const std::string& path, std::string_view session, bool recover, Problem& problem);
    /// From its beginning on; the first message arrives at now_ns.
    bool start(std::int64_t now_ns, Problem& problem);
    /// Give the player what has arrived by now. False, with a problem, where the recording is damaged or a message
    /// makes no sense; the rest is not played then.
    bool advance(Player& player, std::int64_t now_ns, Problem& problem);
    /// Whether nothing is left.
    bool over() const { return !waiting_; }
    /// When the next message arrives, where there is one.
    std::int64_t next_ns() const { return record_.arrived_ns + shift_ns_; }

private:
    bool read(Problem& problem);

    std::string path_, session_;
    bool recover_ = false;
    RecordingReader reader_;
    RecordingReader::Record record_;
    Media media_;
    bool waiting_ = false;
    std::int64_t shift_ns_ = 0;
};

}  // namespace talkwire
