#include "Talkwire/Programme.h"

#include <algorithm>
#include <iterator>

namespace talkwire {

namespace {

bool is_before(const std::unique_ptr<Track>& track, std::int64_t utterance) { return track->id < utterance; }

}  // namespace

Programme::Programme(std::int64_t room_bytes) : room_{room_bytes} {
    tracks_.reserve(MAX_WAITING + 2);
    spare_.reserve(MAX_WAITING + 2);
}

Track* Programme::track(std::int64_t utterance) {
    const auto at = std::lower_bound(tracks_.begin(), tracks_.end(), utterance, is_before);
    if (at != tracks_.end() && (*at)->id == utterance) {
        return at->get();
    }
    if (utterance <= left_) {
        return nullptr;
    }
    std::unique_ptr<Track> made;
    if (spare_.empty()) {
        made = std::make_unique<Track>();
    } else {
        made = std::move(spare_.back());
        spare_.pop_back();
    }
    made->reset(utterance, generation_, room_);
    return tracks_.insert(at, std::move(made))->get();
}

void Programme::sound_has_reached(std::int64_t utterance) {
    for (const auto& track : tracks_) {
        track->sound_complete = track->sound_complete || track->id < utterance;
    }
}

void Programme::frames_have_reached(const Track& newest) {
    const bool long_ago = newest.idle && newest.span_s() >= Track::MAX_APART_S;
    for (const auto& track : tracks_) {
        if (track->id < newest.id) {
            track->frames_complete = true;
            track->sound_complete = track->sound_complete || long_ago;
        }
    }
}

void Programme::frames_came(double ago_s) {
    for (const auto& track : tracks_) {
        track->unseen = ago_s > UNSEEN_AFTER_S;
    }
}

Track* Programme::next_line(double target_s) const {
    for (const auto& track : tracks_) {
        if (track.get() != current_ && !track->idle && track->ready(track->begins(), target_s)) {
            return track.get();
        }
    }
    return nullptr;
}

Track* Programme::next_idle() const {
    Track* latest = nullptr;
    for (const auto& track : tracks_) {
        if (track.get() == current_) {
            continue;
        }
        if (!track->idle) {
            break;
        }
        if (track->has_frames()) {
            latest = track.get();
        }
    }
    return latest;
}

Track* Programme::too_many() const {
    const bool on = current_ != nullptr;
    if (tracks_.size() <= MAX_WAITING + (on ? 1 : 0)) {
        return nullptr;
    }
    return tracks_[tracks_[0].get() == current_ ? 1 : 0].get();
}

void Programme::begin(Track& track) {
    const auto at = std::lower_bound(tracks_.begin(), tracks_.end(), track.id, is_before);
    current_ = &track;
    forget(static_cast<std::size_t>(std::distance(tracks_.begin(), at)));
    left_ = track.id - 1;
}

void Programme::leave(Track& track) {
    const auto at = std::lower_bound(tracks_.begin(), tracks_.end(), track.id, is_before);
    left_ = std::max(left_, track.id);
    track.clear();
    spare_.push_back(std::move(*at));
    tracks_.erase(at);
}

void Programme::clear(std::uint32_t generation) {
    current_ = nullptr;
    forget(tracks_.size());
    if (generation != generation_) {
        generation_ = generation;
        left_ = 0;
    }
}

/// The first `count` of them.
void Programme::forget(std::size_t count) {
    const auto end = tracks_.begin() + static_cast<std::ptrdiff_t>(count);
    for (auto at = tracks_.begin(); at != end; ++at) {
        left_ = std::max(left_, (*at)->id);
        (*at)->clear();
        spare_.push_back(std::move(*at));
    }
    tracks_.erase(tracks_.begin(), end);
}

}  // namespace talkwire
