#include "Talkwire/PullSink.h"

#include <algorithm>
#include <cmath>

#include "Talkwire/Time.h"

namespace talkwire {

namespace {

constexpr float FULL_SCALE = 32'768.0F;

}  // namespace

PullSink::PullSink(std::int32_t device_rate_hz) : device_rate_hz_(std::max(0, device_rate_hz)) {}

void PullSink::start(std::int32_t sample_rate_hz, std::int64_t) {
    stop();
    std::lock_guard<std::mutex> hold(lock_);
    stream_rate_hz_ = sample_rate_hz;
}

void PullSink::write(const std::int16_t* samples, std::size_t count) {
    std::vector<std::int16_t> ring;
    {
        std::unique_lock<std::mutex> hold(lock_);
        if (!tape_.has_room(count)) {  // nobody else writes: there will be as much room
            const std::size_t size = tape_.ring_for(count);
            hold.unlock();
            ring.resize(size);
            hold.lock();
            tape_.move_to(ring);
        }
    }
    for (std::size_t done = 0; done < count; done += PIECE) {
        std::lock_guard<std::mutex> hold(lock_);
        tape_.write(samples + done, std::min(PIECE, count - done));
        dry_ = false;
    }
}

std::int64_t PullSink::heard(std::int64_t now_ns) {
    std::lock_guard<std::mutex> hold(lock_);
    const double since = seconds_in(now_ns - heard_ns_) * stream_rate_hz_ * speed_;
    const double place = static_cast<double>(before_) + std::nearbyint(since);
    return static_cast<std::int64_t>(std::min(static_cast<double>(tape_.position()), std::max(0.0, place)));
}

bool PullSink::dry(std::int64_t) {
    std::lock_guard<std::mutex> hold(lock_);
    return dry_;
}

void PullSink::set_speed(double speed, std::int64_t) {
    std::lock_guard<std::mutex> hold(lock_);
    speed_ = speed;
}

void PullSink::stop() {
    std::lock_guard<std::mutex> hold(lock_);
    if (tape_.left() > 0 && !was_dry_) {
        tail_at_ = 0;
        tail_end_ = tape_.fade_out(tail_.data(), fade(), pace());
    }
    tape_.clear();
    speed_ = 1.0;
    before_ = heard_ns_ = 0;
    dry_ = was_dry_ = false;
}

std::size_t PullSink::pull(float* out, std::size_t count, std::int64_t heard_ns) {
    std::lock_guard<std::mutex> hold(lock_);
    const std::int64_t before = tape_.position();
    const std::size_t got = tape_.read(out, count, pace());
    if (got > 0) {
        before_ = before;
        heard_ns_ = heard_ns;
    }
    const bool runs_out = got < count && tape_.position() > 0;
    soften(out, got, runs_out);
    dry_ = was_dry_ = runs_out;
    std::fill(out + got, out + count, 0.0F);
    add_tail(out, count);
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = std::min(1.0F, std::max(-1.0F, out[i] / FULL_SCALE));
    }
    return got;
}

std::int32_t PullSink::rate_hz() const {
    std::lock_guard<std::mutex> hold(lock_);
    return out_rate_hz();
}

std::int32_t PullSink::out_rate_hz() const { return device_rate_hz_ > 0 ? device_rate_hz_ : stream_rate_hz_; }

double PullSink::pace() const {
    return stream_rate_hz_ > 0 ? speed_ * stream_rate_hz_ / static_cast<double>(out_rate_hz()) : speed_;
}

std::size_t PullSink::fade() const {
    return std::min(MOST_FADE, static_cast<std::size_t>(std::lrint(FADE_S * out_rate_hz())));
}

/// Where sound ran out in the middle, and where it comes back.
void PullSink::soften(float* sound, std::size_t got, bool runs_out) const {
    const std::size_t edge = std::min(got, fade());
    for (std::size_t i = 0; i < edge; ++i) {
        const float share = edge > 1 ? static_cast<float>(i) / static_cast<float>(edge - 1) : 0.0F;
        if (was_dry_) {
            sound[i] *= share;
        }
        if (runs_out) {
            sound[got - 1 - i] *= share;
        }
    }
}

void PullSink::add_tail(float* out, std::size_t count) {
    const std::size_t part = std::min(count, tail_end_ - tail_at_);
    for (std::size_t i = 0; i < part; ++i) {
        out[i] += tail_[tail_at_ + i];
    }
    tail_at_ += part;
}

}  // namespace talkwire
