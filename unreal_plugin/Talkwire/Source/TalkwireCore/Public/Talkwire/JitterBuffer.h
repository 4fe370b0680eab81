// The jitter buffer: how far sound and frames must reach beyond what is heard before a line may go on.
//
// The time that messages are under way is learned from every frame, idle ones too. The target is what the slowest but
// a few took longer than the quickest: a percentile, since one stall must not make every line late. Compare RFC 3550,
// section 6.4.1, whose mean says less about the tail. It rises at once and falls slowly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "Talkwire/Api.h"

namespace talkwire {

/// Tell it what arrives; target_ms() is what to wait for.
class TALKWIRECORE_API JitterBuffer {
public:
    static constexpr double LEAST_MS = 20.0;   // more than a frame's time: lips are drawn between two frames
    static constexpr double MOST_MS = 120.0;
    static constexpr double LIMIT_MS = 2000.0;  // of both, whoever sets them
    static constexpr double FIRST_MS = 60.0;    // until enough has been seen
    static constexpr std::size_t ENOUGH = 30;       // frames: half a second
    static constexpr std::size_t REMEMBERED = 256;  // frames: four seconds
    static constexpr double SHARE = 0.95;
    static constexpr double MARGIN_MS = 5.0;
    static constexpr double FALL_MS_PER_S = 10.0;
    static constexpr double UNDERRUN_MS = 20.0;  // more, whenever it was not enough

    /// Limits beyond LIMIT_MS, or in the wrong order, are brought into it.
    explicit JitterBuffer(double least_ms = LEAST_MS, double most_ms = MOST_MS);

    double target_ms() const { return target_ms_; }
    double target_s() const { return target_ms_ / 1e3; }

    /// A frame was this long under way, by two clocks that need not agree.
    void arrived(std::int64_t transit_ns, std::int64_t now_ns);

    /// The target was too little: something else than the network is late.
    void underrun();

private:
    double slowest_ms() const;
    double within(double value_ms) const;

    double least_ms_, most_ms_, target_ms_;
    std::array<double, REMEMBERED> transits_ms_{};
    std::size_t seen_ = 0;  // of which the latest are remembered
    std::int64_t fell_ns_ = 0;
};

}  // namespace talkwire
