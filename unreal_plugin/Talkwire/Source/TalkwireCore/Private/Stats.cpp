#include "Talkwire/Stats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "Talkwire/Time.h"

namespace talkwire {

double Samples::percentile(double share) const {
    const std::size_t count = size();
    if (count == 0) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    std::array<float, KEPT> sorted;
    const auto end = std::copy_n(values_.begin(), count, sorted.begin());
    const double place = static_cast<double>(count - 1) * std::min(1.0, std::max(0.0, share));
    const auto low = sorted.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(sorted.begin(), low, end);
    const double value = *low;
    const double above = low + 1 == end ? value : *std::min_element(low + 1, end);
    return value + (above - value) * (place - std::floor(place));
}

void Stats::frame(const Moment& frame, double transit, bool is_late, std::int64_t now_ns) {
    const bool awaited = began_ && began_utterance_ == frame.utterance;
    if (!any_ || utterance_ != frame.utterance) {  // utterances come in order
        any_ = true;
        utterance_ = frame.utterance;
        next_seq_ = (frame.flags & IDLE) != 0 || !awaited ? frame.seq : 0;
    }
    const std::int64_t passed = static_cast<std::int64_t>(frame.seq) - next_seq_;
    const std::int64_t every = std::max<std::int64_t>(1, frame.every);
    const std::int64_t steps = passed / every - (passed % every < 0 ? 1 : 0);
    sent += std::max<std::int64_t>(1, steps + 1);
    next_seq_ = static_cast<std::int64_t>(frame.seq) + 1;
    received += 1;
    late += is_late ? 1 : 0;
    transit_ms.add(transit);
    if (awaited) {
        first_frame_ms.add(static_cast<double>(wrapped_difference(now_ns, began_ns_)) / 1e6);
        began_ = false;
    }
}

void Stats::line_started(std::uint32_t utterance, std::int64_t heard_ns) {
    began_ = true;
    began_utterance_ = utterance;
    began_ns_ = heard_ns;
}

void Stats::displayed(double error_s) {
    pictures += 1;
    av_error_ms.add(std::abs(error_s) * 1e3);
    av_signed_ms.add(-error_s * 1e3);
}

void Stats::held(double error_s) { av_held_ms.add(std::abs(error_s) * 1e3); }

}  // namespace talkwire
