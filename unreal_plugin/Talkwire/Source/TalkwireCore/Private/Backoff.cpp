#include "Talkwire/Backoff.h"

#include <algorithm>

namespace talkwire {

namespace {

// SplitMix64 (Steele et al. 2014): any seed will do, and its state is one number.
uint64_t mix(uint64_t& state) {
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

}  // namespace

int64_t Backoff::next() {
    const int64_t wait_ns = next_ns_;
    next_ns_ = std::min(2 * next_ns_, most_ns);
    const int64_t quarter_ns = wait_ns / 4;
    return wait_ns - static_cast<int64_t>(mix(chance_) % static_cast<uint64_t>(quarter_ns + 1));
}

}  // namespace talkwire
