#include "Talkwire/JitterBuffer.h"

#include <algorithm>

#include "Talkwire/Time.h"

namespace talkwire {

JitterBuffer::JitterBuffer(double least_ms, double most_ms)
    : least_ms_(std::min(std::max(0.0, least_ms), LIMIT_MS)),
      most_ms_(std::min(std::max(least_ms_, most_ms), LIMIT_MS)),
      target_ms_(within(FIRST_MS)) {}

void JitterBuffer::arrived(std::int64_t transit_ns, std::int64_t now_ns) {
    transits_ms_[seen_++ % REMEMBERED] = static_cast<double>(transit_ns) / 1e6;
    const std::int64_t passed_ns = std::max<std::int64_t>(0, now_ns - fell_ns_);
    fell_ns_ = now_ns;
    if (seen_ < ENOUGH) {
        return;
    }
    const double wanted_ms = within(slowest_ms() + MARGIN_MS);
    if (seen_ == ENOUGH) {
        target_ms_ = wanted_ms;
    }
    target_ms_ = std::max(wanted_ms, target_ms_ - FALL_MS_PER_S * seconds_in(passed_ns));
}

void JitterBuffer::underrun() { target_ms_ = within(target_ms_ + UNDERRUN_MS); }

double JitterBuffer::slowest_ms() const {
    std::array<double, REMEMBERED> sorted = transits_ms_;
    const std::size_t count = std::min(seen_, REMEMBERED);
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count);
    const double place = static_cast<double>(count - 1) * SHARE;
    const auto below = static_cast<std::ptrdiff_t>(place);
    std::nth_element(sorted.begin(), sorted.begin() + below, end);
    const double low = sorted[static_cast<std::size_t>(below)];
    const auto after = sorted.begin() + below + 1;
    const double high = after == end ? low : *std::min_element(after, end);
    const double least = *std::min_element(sorted.begin(), after);
    return low + (high - low) * (place - static_cast<double>(below)) - least;
}

double JitterBuffer::within(double value_ms) const { return std::min(most_ms_, std::max(least_ms_, value_ms)); }

}  // namespace talkwire
