// Time is passed in, in nanoseconds of whatever clock the caller has; places in sound are samples.
#pragma once

#include <cstdint>

namespace talkwire {

constexpr std::int64_t NS_PER_S = 1'000'000'000, NS_PER_MS = 1'000'000;

/// Whole samples in so much time, rounded down. It does not overflow within 700 years at any rate.
constexpr std::int64_t samples_in(std::int64_t ns, std::int64_t rate_hz) {
    const std::int64_t seconds = ns / NS_PER_S - (ns % NS_PER_S < 0 ? 1 : 0);
    return seconds * rate_hz + (ns - seconds * NS_PER_S) * rate_hz / NS_PER_S;
}

constexpr double seconds_in(std::int64_t ns) { return static_cast<double>(ns) / static_cast<double>(NS_PER_S); }

/// Sum and difference that wrap where a peer's clock makes no sense, instead of being undefined.
constexpr std::int64_t wrapped_sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapped_difference(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

}  // namespace talkwire
