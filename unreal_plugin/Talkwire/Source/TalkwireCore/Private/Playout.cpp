#include "Talkwire/Playout.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "Talkwire/Time.h"

namespace talkwire {

namespace {

constexpr std::array<std::int16_t, 1'024> SILENCE{};

}  // namespace

Playout::Playout(Sink& sink, JitterBuffer& buffer, Stats& stats, double offset_s)
    : sink_(sink), buffer_(buffer), stats_(stats) {
    set_offset(offset_s);
}

void Playout::set_offset(double offset_s) {
    offset_s_ = std::isnan(offset_s) ? 0.0 : std::min(MOST_OFFSET_S, std::max(-MOST_OFFSET_S, offset_s));
    early_s_ = std::max(0.0, -offset_s_);
}

void Playout::begin(Track& track, std::int64_t now_ns) {
    stop();
    track_ = &track;
    drift_ = Drift();
    over_ = false;
    flow(now_ns);
}

void Playout::stop() {
    sink_.stop();
    track_ = nullptr;
    open_ = flowing_ = false;
}

void Playout::step(std::int64_t now_ns) {
    if (track_ == nullptr) {
        return;
    }
    if (flowing_ && !track_->sound_complete && sink_.dry(now_ns)) {
        flowing_ = false;
        dry_ns_ = now_ns;
        stats_.underruns += 1;
        buffer_.underrun();
    } else if (!flowing_ && track_->ready(heard(now_ns), wanted_s())) {
        stats_.rebuffered_ms.add(static_cast<double>(now_ns - dry_ns_) / 1e6);
        flow(now_ns);
    }
    if (flowing_) {
        pour(now_ns);
        steer(now_ns);
    }
    if (!over_ && is_over(*track_, now_ns)) {
        over_ = true;
        over_ns_ = now_ns;
    }
}

std::int64_t Playout::heard(std::int64_t now_ns) const {
    return track_->begins() + (open_ ? sink_.heard(now_ns) : 0);
}

std::int64_t Playout::seen(std::int64_t now_ns) const {
    double later_s = offset_s_;
    if (over_) {
        later_s -= std::min(std::max(0.0, later_s), seconds_in(now_ns - over_ns_));
    }
    return heard(now_ns) - std::llrint(later_s * static_cast<double>(track_->rate_hz));
}

double Playout::heard_s(const Track& track, std::int64_t now_ns) const {
    return &track == track_ ? track.seconds(static_cast<double>(heard(now_ns))) : 0.0;
}

bool Playout::is_over(const Track& track, std::int64_t now_ns) const {
    return &track == track_ && track.sound_complete && heard(now_ns) >= track.end();
}

bool Playout::is_heard(std::int64_t now_ns) const {
    return track_ != nullptr && flowing_ && !is_over(*track_, now_ns);
}

void Playout::lost(Track& track, std::int64_t gap, std::int64_t pts, std::int64_t now_ns) {
    stats_.sound_gaps += 1;
    const bool on = &track == track_;
    const bool dry = on && (!flowing_ || sink_.dry(now_ns));
    if (static_cast<double>(gap) <= MAX_GAP_S * static_cast<double>(track.rate_hz) && !dry) {
        if (track.has_room(0)) {
            track.add_sound({Block(), gap});
        }
        return;
    }
    track.rejoin(pts);
    if (on) {
        sink_.stop();
        open_ = flowing_ = false;
        dry_ns_ = now_ns;
    }
}

void Playout::flow(std::int64_t now_ns) {
    if (!open_) {
        sink_.start(static_cast<std::int32_t>(track_->rate_hz), now_ns);
        given_ = 0;
    }
    open_ = flowing_ = true;
    pour(now_ns);
}

void Playout::pour(std::int64_t now_ns) {
    const double most =
        static_cast<double>(sink_.heard(now_ns)) + MOST_GIVEN_S * static_cast<double>(track_->rate_hz);
    while (track_->has_sound() && static_cast<double>(given_) < most) {
        const SoundChunk sound = track_->take_sound();
        given_ += sound.count;
        if (sound.samples) {
            sink_.write(reinterpret_cast<const std::int16_t*>(sound.samples.data()),
                        static_cast<std::size_t>(sound.count));
            continue;
        }
        for (auto left = static_cast<std::size_t>(sound.count); left > 0;) {
            const std::size_t part = std::min(left, SILENCE.size());
            sink_.write(SILENCE.data(), part);
            left -= part;
        }
    }
}

void Playout::steer(std::int64_t now_ns) {
    double speed = 1.0;
    if (!track_->sound_complete && !track_->frames_complete) {
        const double ahead = track_->reach() - static_cast<double>(heard(now_ns));
        const double ahead_s = track_->seconds(ahead) - early_s_;
        depth_ms_ = ahead_s * 1e3;
        stats_.buffer_target_ms.add(buffer_.target_ms());
        stats_.buffer_depth_ms.add(depth_ms_);
        speed = drift_.speed(ahead_s, buffer_.target_s(), track_->lead_s, now_ns);
    }
    sink_.set_speed(speed, now_ns);
}

}  // namespace talkwire
