// How long to wait before the next try.
#pragma once

#include <algorithm>
#include <cstdint>

#include "Talkwire/Time.h"

namespace talkwire {

/// Twice as long each time, up to a limit, and up to a quarter less by chance, so that a crowd of games does not come
/// back to a restarted server all at once.
class Backoff {
public:
    static constexpr std::int64_t FIRST_NS = NS_PER_S / 4, MOST_NS = 5 * NS_PER_S;

    /// The wait before the next try. chance: from 0 to 1.
    std::int64_t next_ns(double chance) {
        const std::int64_t wait_ns = wait_ns_;
        wait_ns_ = std::min(2 * wait_ns_, MOST_NS);
        return wait_ns - static_cast<std::int64_t>(static_cast<double>(wait_ns) * chance / 4);
    }

    /// It worked: the next wait is short again.
    void reset() { wait_ns_ = FIRST_NS; }

private:
    std::int64_t wait_ns_ = FIRST_NS;
};

}  // namespace talkwire
