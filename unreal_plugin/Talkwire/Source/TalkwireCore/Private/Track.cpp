#include "Talkwire/Track.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "Talkwire/Time.h"

namespace talkwire {

namespace {

constexpr double EVER = std::numeric_limits<double>::infinity();

/// How many items of a ring, which is sorted by pts, are at most at `moment`.
template <class T>
std::size_t until(const Ring<Held<T>>& ring, std::int64_t moment) {
    std::size_t low = 0, high = ring.size();
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (ring[middle]->pts <= moment) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/// What it takes of the room.
std::int64_t weight(const Moment& moment) { return static_cast<std::int64_t>(sizeof(Moment) + moment.kept_bytes); }
std::int64_t weight(const PatchImages& patch) {
    return static_cast<std::int64_t>(sizeof(PatchImages) + patch.bytes.capacity());
}
std::int64_t weight(const SoundChunk& sound) {
    return static_cast<std::int64_t>(sizeof(SoundChunk) + (sound.samples ? sound.samples.capacity() : 0));
}

}  // namespace

void Track::reset(std::int64_t new_id, std::uint32_t new_generation, Room& room) {
    clear();
    id = new_id;
    generation = new_generation;
    room_ = &room;
    rate_hz = 1;
    idle = bare = unseen = sound_complete = frames_complete = false;
    lead_s = 0.0;
    told = Told::nothing;
    begins_ = samples_ = 0;
    joined_ = sent_ = anchored_ = false;
}

void Track::clear() {
    while (!frames_.empty()) {
        drop_frame();
    }
    while (!patches_.empty()) {
        drop_patch();
    }
    while (!sound_.empty()) {
        take_sound();
    }
}

double Track::span_s() const {
    return frames_.empty() ? 0.0 : seconds(static_cast<double>(newest().pts - first_frame_));
}

double Track::reach() const {
    const auto came = static_cast<double>(end());
    const double sound = sound_complete ? EVER : samples_ > 0 ? came : -EVER;
    const double newest_pts = frames_.empty() ? -EVER : static_cast<double>(newest().pts);
    const double apart_s = unseen ? UNSEEN_S : MAX_APART_S;
    const bool complete = frames_complete || (unseen && sound_complete);
    const double frames = complete ? EVER : std::max(newest_pts, came - apart_s * static_cast<double>(rate_hz));
    return std::min(sound, frames);
}

bool Track::ready(std::int64_t heard, double target_s) const {
    if (idle) {
        return has_frames();
    }
    return reach() >= static_cast<double>(heard) + target_s * static_cast<double>(rate_hz);
}

void Track::add_frame(Held<Moment> frame) {
    rate_hz = frame->sample_rate_hz;
    if (frames_.empty()) {
        idle = (frame->flags & IDLE) != 0 && samples_ == 0;
        first_frame_ = frame->pts;
    }
    frames_complete = frames_complete || (frame->flags & LAST) != 0;
    frame.make().kept_bytes = frame->values.capacity() + frame->normals.capacity();
    const std::int64_t size = weight(*frame);
    while (!frames_.empty() && (frames_.size() >= MAX_FRAMES || room_->left < size)) {
        drop_frame();
    }
    room_->left -= size;
    if ((frame->flags & REPEAT) == 0) {
        measure_lead(*frame);
    }
    frames_.push(std::move(frame));
    if (idle) {
        forget(newest().pts - idle_behind());
    }
}

void Track::add_patch(Held<PatchImages> patch) {
    if (!patches_.empty() && patch->pts <= patches_.back()->pts) {
        return;
    }
    const std::int64_t size = weight(*patch);
    while (!patches_.empty() && (patches_.size() >= MAX_FRAMES || room_->left < size)) {
        drop_patch();
    }
    room_->left -= size;
    patches_.push(std::move(patch));
}

void Track::join(std::int64_t pts) {
    if (!joined_) {
        begins_ = pts;
        joined_ = true;
    }
}

bool Track::has_room(std::int64_t count) const {
    return static_cast<double>(waiting_) < MAX_SOUND_S * static_cast<double>(rate_hz) &&
           room_->left >= 2 * count;
}

void Track::add_sound(SoundChunk sound) {
    samples_ += sound.count;
    waiting_ += sound.count;
    room_->left -= weight(sound);
    sound_.push(std::move(sound));
}

SoundChunk Track::take_sound() {
    SoundChunk sound = sound_.pop();
    waiting_ -= sound.count;
    room_->left += weight(sound);
    return sound;
}

void Track::rejoin(std::int64_t pts) {
    while (!sound_.empty()) {
        take_sound();
    }
    begins_ = pts;
    joined_ = true;
    samples_ = 0;
}

std::int64_t Track::idle_moment(std::int64_t now_ns) {
    const std::int64_t last = newest().pts;
    const std::int64_t pts = anchored_ ? anchor_pts_ : oldest().pts;
    const std::int64_t since_ns = anchored_ ? anchor_ns_ : now_ns;
    const std::int64_t moment = pts + samples_in(now_ns - since_ns, rate_hz);
    const std::int64_t within = std::min(std::max(moment, last - idle_behind()), last);
    if (within != moment || !anchored_) {
        anchored_ = true;
        anchor_pts_ = within;
        anchor_ns_ = now_ns;
    }
    return within;
}

void Track::forget(std::int64_t moment) {
    for (std::size_t older = until(frames_, moment); older > 1; --older) {
        drop_frame();
    }
    for (std::size_t older = until(patches_, moment); older > 1; --older) {
        drop_patch();
    }
}

void Track::around(std::int64_t moment, Held<Moment>& before, Held<Moment>& after, double& share) {
    forget(moment);
    before = frames_[0];
    after = frames_[std::min<std::size_t>(1, frames_.size() - 1)];
    share = 0.0;
    if (after->pts > before->pts) {
        const auto passed = static_cast<double>(moment - before->pts);
        share = std::min(1.0, std::max(0.0, passed / static_cast<double>(after->pts - before->pts)));
    }
}

Held<PatchImages> Track::patch(std::int64_t moment) const {
    const std::size_t right = until(patches_, moment);
    return right > 0 ? patches_[right - 1] : Held<PatchImages>();
}

std::int64_t Track::idle_behind() const {
    return static_cast<std::int64_t>(std::llrint(IDLE_BEHIND_S * static_cast<double>(rate_hz)));
}

void Track::measure_lead(const Moment& frame) {
    if (!sent_) {
        sent_ = true;
        sent_pts_ = frame.pts;
        sent_ns_ = frame.server_ns;
    }
    const auto since_ns = static_cast<std::int64_t>(frame.server_ns - sent_ns_);
    if (since_ns <= LEAD_MEASURED_NS) {  // later it would be drift
        lead_s = std::max(lead_s, seconds(static_cast<double>(frame.pts - sent_pts_)) - seconds_in(since_ns));
    }
}

void Track::drop_frame() { room_->left += weight(*frames_.pop()); }

void Track::drop_patch() { room_->left += weight(*patches_.pop()); }

}  // namespace talkwire
