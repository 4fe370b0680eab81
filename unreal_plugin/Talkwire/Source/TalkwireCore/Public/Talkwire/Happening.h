// What became of each line, told once, when it is heard: what a game's dialogue waits for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "Talkwire/Api.h"
#include "Talkwire/Ring.h"
#include "Talkwire/Track.h"

namespace talkwire {

/// Something was heard. Of every line there is one `started`, and then one `ended` or `interrupted`.
struct Happening {
    enum class Kind : std::uint8_t {
        started,      // its first sample is heard
        ended,        // its last
        interrupted,  // it was cut; one that never began has its `started` at the same moment, with nothing heard
    };

    Kind kind = Kind::started;
    std::uint32_t utterance = 0, generation = 0;
    double heard_s = 0.0;  // of the line, so far
    std::int64_t now_ns = 0;
};

/// Each once, whatever is said twice.
class TALKWIRECORE_API Happenings {
public:
    static constexpr std::size_t MOST_UNTOLD = 1'024;  // for who never asks; then the oldest are forgotten

    /// The line is heard.
    void started(Track& track, double heard_s, std::int64_t now_ns);
    /// The line is not heard any more.
    void over(Track& track, Happening::Kind kind, double heard_s, std::int64_t now_ns);
    /// The next that was not told yet, in order. False where there is none.
    bool take(Happening& next);

private:
    void tell(const Track& track, Happening::Kind kind, double heard_s, std::int64_t now_ns);

    Ring<Happening> untold_;
};

}  // namespace talkwire
