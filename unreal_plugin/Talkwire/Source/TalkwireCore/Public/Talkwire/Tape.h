// Sound that waits to be played: read at any speed without a seam, cut with a fade.
//
// Between samples it reads by a windowed sinc. A straight line would be simpler, and would dull every s sixteen times a
// second: its loss at 6 kHz goes from 0 to 8 dB with the place between two samples of 16 kHz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "Talkwire/Api.h"

namespace talkwire {

/// 16-bit mono samples in the order they were written, in a ring that grows only when it is told to.
class TALKWIRECORE_API Tape {
public:
    static constexpr std::int64_t HALF = 8;  // samples on each side that a value between two of them is made of

    /// Samples to be read.
    std::size_t left() const { return static_cast<std::size_t>(written_ - read_); }
    /// Samples that were read.
    std::int64_t position() const { return read_ - HALF; }
    /// Whether there is room for so many more.
    bool has_room(std::size_t count) const { return left() + count + HALF <= ring_.size(); }
    /// How long a ring with room for so many more has to be.
    std::size_t ring_for(std::size_t count) const;
    /// Go on in a ring as long as that; `ring` is the old one then, to be freed. Takes no memory.
    void move_to(std::vector<std::int16_t>& ring);

    /// More. What there is no room for is lost.
    void write(const std::int16_t* samples, std::size_t count);
    /// At most `count` of it, fewer where it ends; returns how many. speed: samples passed for each that is read.
    std::size_t read(float* out, std::size_t count, double speed = 1.0);
    /// The next of it, falling to nothing; the rest is forgotten.
    std::size_t fade_out(float* out, std::size_t count, double speed = 1.0);
    /// As if nothing had been written yet; the ring is kept.
    void clear();

private:
    std::size_t index(std::int64_t place) const { return static_cast<std::size_t>(place) & (ring_.size() - 1); }
    float between(std::int64_t place, double share) const;

    std::vector<std::int16_t> ring_;  // as long as a power of two, or empty
    // Places in all that was written, which HALF samples of silence go before.
    std::int64_t read_ = HALF, written_ = HALF;
    double share_ = 0.0;  // of the way to the next sample, that the next value lies beyond read_
};

}  // namespace talkwire
