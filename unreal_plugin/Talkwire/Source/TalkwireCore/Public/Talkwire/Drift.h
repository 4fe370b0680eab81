// Following a sender whose clock is not the sound card's: a little slower or quicker, never a jump.
//
// Two clocks that differ by 200 parts in a million are 120 ms apart after ten minutes. What is ahead of the ear is
// watched; outside of its zone, speed changes by at most a thousandth: two hundredths of a semitone.
#pragma once

#include <cstdint>

#include "Talkwire/Api.h"

namespace talkwire {

/// One line's.
class TALKWIRECORE_API Drift {
public:
    static constexpr double MOST = 0.001;
    static constexpr double FULL_S = 0.01;    // so far outside of the zone, speed has changed by MOST
    static constexpr double ROOM_S = 0.04;    // above the target: needless delay, but no harm
    static constexpr double SMOOTH_S = 2.0;   // a stall is not drift

    /// At which to play now. ahead_s: what has come beyond what is heard; lead_s: how early it is sent.
    double speed(double ahead_s, double target_s, double lead_s, std::int64_t now_ns);

private:
    bool begun_ = false;
    double ahead_s_ = 0.0;
    std::int64_t last_ns_ = 0;
};

}  // namespace talkwire
