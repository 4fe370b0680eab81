// Where the player's sound goes, and the clock that it follows.
//
// A sink plays one stream at a time. heard() is the position that reaches the ear now, in samples of what was written
// since start(), at whatever speed; where nothing is left to play, it stands still.
#pragma once

#include <cstddef>
#include <cstdint>

#include "Talkwire/Api.h"

namespace talkwire {

/// Something that plays 16-bit mono sound. Called by one thread, the player's.
class TALKWIRECORE_API Sink {
public:
    static constexpr double FADE_S = 0.01;  // of sound that is cut, or comes back: a step would click

    virtual ~Sink() = default;

    /// A new stream, from sample 0; whatever was playing is cut.
    virtual void start(std::int32_t sample_rate_hz, std::int64_t now_ns) = 0;
    /// More of it, to be played without a gap.
    virtual void write(const std::int16_t* samples, std::size_t count) = 0;
    /// How many samples have been heard.
    virtual std::int64_t heard(std::int64_t now_ns) = 0;
    /// Whether what was written has run out.
    virtual bool dry(std::int64_t now_ns) = 0;
    /// How many samples to play in the time of one: within a thousandth of 1. start() makes it 1.
    virtual void set_speed(double speed, std::int64_t now_ns) = 0;
    /// Silence, as soon as it does not click: after FADE_S.
    virtual void stop() = 0;
};

/// No sound, but the clock of a perfect loudspeaker: real time, waiting where sound is missing.
class TALKWIRECORE_API SilentSink : public Sink {
public:
    void start(std::int32_t sample_rate_hz, std::int64_t now_ns) override;
    void write(const std::int16_t* samples, std::size_t count) override;
    std::int64_t heard(std::int64_t now_ns) override;
    bool dry(std::int64_t now_ns) override;
    void set_speed(double speed, std::int64_t now_ns) override;
    void stop() override;

private:
    double follow(std::int64_t now_ns);

    double rate_hz_ = 1.0, written_ = 0.0, speed_ = 1.0;
    std::int64_t since_ns_ = 0;  // then,
    double heard_ = 0.0;         // so many samples had been heard
};

}  // namespace talkwire
