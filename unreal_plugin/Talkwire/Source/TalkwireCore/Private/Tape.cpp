#include "Talkwire/Tape.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace talkwire {

namespace {

constexpr std::size_t LEAST_RING = 1 << 12;
constexpr std::size_t TAPS = 2 * Tape::HALF;
constexpr std::size_t PHASES = 512;  // between two of them a straight line is off by less than 3 in a million

/// sinc under a raised cosine, for each place between two samples.
struct Kernel {
    std::array<std::array<float, TAPS>, PHASES + 1> taps;

    Kernel() {
        const double pi = std::acos(-1.0);
        for (std::size_t phase = 0; phase <= PHASES; ++phase) {
            for (std::size_t tap = 0; tap < TAPS; ++tap) {
                const double x = static_cast<double>(tap) + 1.0 - static_cast<double>(Tape::HALF) -
                                 static_cast<double>(phase) / static_cast<double>(PHASES);
                const double sinc = x == 0.0 ? 1.0 : std::sin(pi * x) / (pi * x);
                const double window = std::cos(pi * x / static_cast<double>(TAPS));
                taps[phase][tap] = static_cast<float>(sinc * window * window);
            }
        }
    }
};

const Kernel& kernel() {
    static const Kernel made;
    return made;
}

}  // namespace

std::size_t Tape::ring_for(std::size_t count) const {
    std::size_t size = std::max(LEAST_RING, ring_.size());
    while (size < left() + count + HALF) {
        size *= 2;
    }
    return size;
}

void Tape::move_to(std::vector<std::int16_t>& ring) {
    const std::size_t mask = ring.size() - 1;
    if (!ring_.empty()) {
        for (std::int64_t place = read_ - HALF; place < written_; ++place) {
            ring[static_cast<std::size_t>(place) & mask] = ring_[index(place)];
        }
    }
    ring_.swap(ring);
    kernel();  // made here, not by the thread that reads
}

void Tape::write(const std::int16_t* samples, std::size_t count) {
    const std::size_t room = ring_.size() - std::min(ring_.size(), left() + HALF);
    count = std::min(count, room);
    for (std::size_t done = 0; done < count;) {
        const std::size_t at = index(written_);
        const std::size_t part = std::min(count - done, ring_.size() - at);
        std::copy_n(samples + done, part, ring_.begin() + static_cast<std::ptrdiff_t>(at));
        written_ += static_cast<std::int64_t>(part);
        done += part;
    }
}

std::size_t Tape::read(float* out, std::size_t count, double speed) {
    std::size_t got = 0;
    double place = share_;
    for (; got < count; ++got, place = share_ + speed * static_cast<double>(got)) {
        const auto whole = static_cast<std::int64_t>(place);
        if (whole >= written_ - read_) {
            break;
        }
        out[got] = between(read_ + whole, place - static_cast<double>(whole));
    }
    const auto whole = static_cast<std::int64_t>(place);
    const std::int64_t passed = std::min(whole, written_ - read_);
    share_ = passed == whole ? place - static_cast<double>(whole) : 0.0;
    read_ += passed;
    return got;
}

std::size_t Tape::fade_out(float* out, std::size_t count, double speed) {
    const std::size_t got = read(out, count, speed);
    for (std::size_t i = 0; i < got; ++i) {
        out[i] *= got > 1 ? static_cast<float>(got - 1 - i) / static_cast<float>(got - 1) : 0.0F;
    }
    written_ = read_;
    return got;
}

void Tape::clear() {
    read_ = written_ = HALF;
    share_ = 0.0;
    std::fill_n(ring_.begin(), ring_.empty() ? 0 : HALF, std::int16_t{0});
}

float Tape::between(std::int64_t place, double share) const {
    if (share == 0.0) {
        return ring_[index(place)];
    }
    const double phase = share * static_cast<double>(PHASES);
    const auto row = static_cast<std::size_t>(phase);
    const auto across = static_cast<float>(phase - static_cast<double>(row));
    const std::array<float, TAPS>&low = kernel().taps[row], &high = kernel().taps[row + 1];
    const std::int64_t first = place + 1 - HALF;
    std::array<std::int16_t, TAPS> pieced;
    const std::int16_t* samples = ring_.data() + index(first);
    if (index(first) + TAPS > ring_.size() || first + static_cast<std::int64_t>(TAPS) > written_) {
        for (std::size_t tap = 0; tap < TAPS; ++tap) {
            const std::int64_t from = first + static_cast<std::int64_t>(tap);
            pieced[tap] = from < written_ ? ring_[index(from)] : std::int16_t{0};
        }
        samples = pieced.data();
    }
    float sum = 0.0F;
    for (std::size_t tap = 0; tap < TAPS; ++tap) {
        sum += static_cast<float>(samples[tap]) * (low[tap] + across * (high[tap] - low[tap]));
    }
    return sum;
}

}  // namespace talkwire
