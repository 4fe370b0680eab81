// Sound for an engine whose audio thread asks for it: the player writes, the audio thread pulls.
//
// A block that is pulled says when it will be heard, by the player's clock; between two blocks the place that is heard
// follows from that. Sound that is cut fades, as does sound that runs out, and comes back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "Talkwire/Api.h"
#include "Talkwire/Sink.h"
#include "Talkwire/Tape.h"

namespace talkwire {

/// One stream for one NPC. The player's calls and pull() may come from two threads; neither waits for longer than the
/// other copies a block. pull() takes no memory.
class TALKWIRECORE_API PullSink : public Sink {
public:
    /// device_rate_hz: at which pull() is asked; 0: at the stream's own, which rate_hz() tells.
    explicit PullSink(std::int32_t device_rate_hz = 0);

    void start(std::int32_t sample_rate_hz, std::int64_t now_ns) override;
    void write(const std::int16_t* samples, std::size_t count) override;
    std::int64_t heard(std::int64_t now_ns) override;
    bool dry(std::int64_t now_ns) override;
    void set_speed(double speed, std::int64_t now_ns) override;
    void stop() override;

    /// The audio thread's: the next `count` samples, in [-1, 1], silence where there are none. heard_ns: when the first
    /// of them will reach the ear, by the clock of which the player is given the time. Returns how many are sound.
    std::size_t pull(float* out, std::size_t count, std::int64_t heard_ns);

    /// Of what is pulled.
    std::int32_t rate_hz() const;

private:
    static constexpr std::size_t PIECE = 4'096;      // samples written while the audio thread may have to wait
    static constexpr std::size_t MOST_FADE = 3'840;  // samples: FADE_S at the highest rate

    double pace() const;
    std::size_t fade() const;
    void soften(float* sound, std::size_t got, bool runs_out) const;
    void add_tail(float* out, std::size_t count);
    std::int32_t out_rate_hz() const;

    mutable std::mutex lock_;
    const std::int32_t device_rate_hz_;
    std::int32_t stream_rate_hz_ = 0;
    double speed_ = 1.0;
    Tape tape_;
    std::int64_t before_ = 0, heard_ns_ = 0;  // samples that went before the last block, and when that is heard
    bool dry_ = false, was_dry_ = false;
    std::array<float, MOST_FADE> tail_{};  // of what was cut
    std::size_t tail_at_ = 0, tail_end_ = 0;
};

}  // namespace talkwire
