// The utterances of an NPC in their order: what has come of each, which one is on, which one may be next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "Talkwire/Api.h"
#include "Talkwire/Track.h"

namespace talkwire {

/// Utterances are numbered as they follow each other; one that was left never comes back.
class TALKWIRECORE_API Programme {
public:
    static constexpr double UNSEEN_AFTER_S = 1.0;
    static constexpr std::size_t MAX_WAITING = 64;  // twice of what an NPC may have waiting

    /// room_bytes: that all of them may keep together.
    explicit Programme(std::int64_t room_bytes);
    Programme(const Programme&) = delete;
    Programme& operator=(const Programme&) = delete;

    std::uint32_t generation() const { return generation_; }
    /// The one that is on; null where none is.
    Track* current() const { return current_; }
    /// All that is known and not left, in order.
    const std::vector<std::unique_ptr<Track>>& tracks() const { return tracks_; }

    /// What there is of it; null where it was left behind.
    Track* track(std::int64_t utterance);

    /// Sounds come in order: those of earlier utterances are complete.
    void sound_has_reached(std::int64_t utterance);
    /// The same with frames. Sound that is still missing long after will not come, either.
    void frames_have_reached(const Track& newest);
    /// The last one, of whatever utterance. Long ago: nobody reads them, and no sound waits for them.
    void frames_came(double ago_s);

    /// The first line that may begin; null where none may.
    Track* next_line(double target_s) const;
    /// The idle one that may begin: not before the lines that it follows.
    Track* next_idle() const;
    /// The one that waits longest, where more wait than an NPC can have said; to be left.
    Track* too_many() const;

    /// It is on; what came before is left.
    void begin(Track& track);
    /// It is left.
    void leave(Track& track);
    /// Nothing is on, and nothing comes but of this generation. A new one counts its utterances anew.
    void clear(std::uint32_t generation);

private:
    void forget(std::size_t count);

    Room room_;
    std::uint32_t generation_ = 0;
    Track* current_ = nullptr;
    std::vector<std::unique_ptr<Track>> tracks_;  // by number
    std::vector<std::unique_ptr<Track>> spare_;
    std::int64_t left_ = 0;  // the latest that was
};

}  // namespace talkwire
