// How long to wait before the next try.
#pragma once

#include <cstdint>

namespace talkwire {

// Twice as long each time, up to a limit, and up to a quarter less by chance, so that a crowd of games does not come
// back to a restarted server all at once.
class Backoff {
public:
    static constexpr int64_t first_ns = 50'000'000, most_ns = 2'000'000'000;

    // seed: of the chance; the same one gives the same waits.
    explicit Backoff(uint64_t seed) : chance_(seed) {}

    // The wait before the next try, in ns.
    int64_t next();

    // It worked: the next wait is short again.
    void reset() { next_ns_ = first_ns; }

private:
    uint64_t chance_;
    int64_t next_ns_ = first_ns;
};

}  // namespace talkwire
