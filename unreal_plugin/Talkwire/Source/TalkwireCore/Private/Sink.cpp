#include "Talkwire/Sink.h"

#include <algorithm>

#include "Talkwire/Time.h"

namespace talkwire {

void SilentSink::start(std::int32_t sample_rate_hz, std::int64_t now_ns) {
    rate_hz_ = sample_rate_hz;
    written_ = heard_ = 0.0;
    speed_ = 1.0;
    since_ns_ = now_ns;
}

void SilentSink::write(const std::int16_t*, std::size_t count) { written_ += static_cast<double>(count); }

std::int64_t SilentSink::heard(std::int64_t now_ns) { return static_cast<std::int64_t>(follow(now_ns)); }

bool SilentSink::dry(std::int64_t now_ns) { return follow(now_ns) >= written_ && written_ > 0.0; }

void SilentSink::set_speed(double speed, std::int64_t now_ns) {
    if (speed == speed_) {
        return;
    }
    heard_ = follow(now_ns);
    since_ns_ = now_ns;
    speed_ = speed;
}

void SilentSink::stop() { written_ = heard_ = 0.0; }

double SilentSink::follow(std::int64_t now_ns) {
    const auto passed_ns = static_cast<double>(std::max<std::int64_t>(0, now_ns - since_ns_));
    const double heard = heard_ + passed_ns * rate_hz_ * speed_ / static_cast<double>(NS_PER_S);
    if (heard <= written_) {
        return heard;
    }
    since_ns_ = now_ns;
    return heard_ = written_;
}

}  // namespace talkwire
