#include "Talkwire/Player.h"

#include <algorithm>

#include "Talkwire/Time.h"

namespace talkwire {

Player::Player(Sink& sink, const Settings& settings)
    : buffer_(settings.least_ms, settings.most_ms),
      playout_(sink, buffer_, stats_, settings.av_offset_ms / 1e3),
      programme_(settings.most_bytes),
      poser_(pool_) {}

const Picture* Player::present(std::int64_t now_ns) {
    double error = 0.0;
    if (error_s(now_ns, error)) {
        stats_.held(error);
    }
    step(now_ns);
    Track* track = programme_.current();
    const Picture* shown = screen_.shown();
    const bool live = track != nullptr && poser_.can(*track);
    Picture picture;
    bool missing = true, far = false;
    if (live) {
        const std::int64_t now = moment(*track, now_ns);
        picture = poser_.picture(*track, now, track->idle ? now : playout_.heard(now_ns), shown);
        missing = is_missing(*track, now_ns);
        far = picture.time_s - track->seconds(static_cast<double>(now)) > Lapse::HOLD_S;
    } else if (shown != nullptr) {
        const bool on = track != nullptr;
        picture = shown->held_for(on ? static_cast<std::uint32_t>(track->id) : 0, programme_.generation(),
                                  !on || track->idle);
    }
    const bool rests = screen_.rests(missing, far, now_ns);
    if (live || shown != nullptr) {
        screen_.show(rests ? picture.resting(poser_.neutral()) : picture, now_ns);
    }
    return screen_.shown();
}

void Player::displayed(std::int64_t now_ns) {
    double error = 0.0;
    if (error_s(now_ns, error)) {
        stats_.displayed(error);
    }
    const Picture* shown = screen_.shown();
    stats_.rested += shown != nullptr && shown->at_rest && playout_.is_heard(now_ns) ? 1 : 0;
}

bool Player::happened(std::int64_t now_ns, Happening& next) {
    step(now_ns);
    return happenings_.take(next);
}

bool Player::silent() const {
    const auto& tracks = programme_.tracks();
    return std::all_of(tracks.begin(), tracks.end(), [](const auto& track) { return track->idle; });
}

/// Time has passed, or something has come.
void Player::step(std::int64_t now_ns) {
    if (!framed_) {
        framed_ = true;
        framed_ns_ = now_ns;
    }
    programme_.frames_came(seconds_in(now_ns - framed_ns_));
    playout_.step(now_ns);
    while (Track* track = next(now_ns)) {
        begin(*track, now_ns);
    }
    Track* current = programme_.current();
    if (current == nullptr || current->idle) {
        return;
    }
    const double heard_s = playout_.heard_s(*current, now_ns);
    if (playout_.heard(now_ns) > current->begins()) {
        happenings_.started(*current, heard_s, now_ns);
    }
    if (playout_.is_over(*current, now_ns)) {
        happenings_.over(*current, Happening::Kind::ended, heard_s, now_ns);
    }
    current->forget(playout_.seen(now_ns));
}

/// What may begin: a line once the one before is heard to its end, idling once it is seen to it.
Track* Player::next(std::int64_t now_ns) {
    Track* current = programme_.current();
    const bool idles = current == nullptr || current->idle;
    if (!idles && !playout_.is_over(*current, now_ns)) {
        return nullptr;
    }
    if (Track* line = programme_.next_line(playout_.wanted_s())) {
        return line;
    }
    return idles || moment(*current, now_ns) >= current->end() ? programme_.next_idle() : nullptr;
}

void Player::begin(Track& track, std::int64_t now_ns) {
    const Track* before = programme_.current();
    const bool idled = before == nullptr || before->idle;
    for (const auto& left : programme_.tracks()) {
        if (left->id < track.id) {
            leave(*left, now_ns);
        }
    }
    programme_.begin(track);
    if (idled) {
        screen_.next(now_ns);
    }
    if (track.idle) {
        playout_.stop();
    } else {
        playout_.begin(track, now_ns);
    }
}

/// All that was is void.
void Player::cut(std::uint32_t generation, std::int64_t now_ns) {
    for (const auto& track : programme_.tracks()) {
        leave(*track, now_ns);
    }
    programme_.clear(generation);
    playout_.stop();
    screen_.cut(now_ns);
}

void Player::leave(Track& track, std::int64_t now_ns) {
    if (!track.idle) {
        const bool over = playout_.is_over(track, now_ns);
        const auto kind = over ? Happening::Kind::ended : Happening::Kind::interrupted;
        happenings_.over(track, kind, playout_.heard_s(track, now_ns), now_ns);
    }
}

/// Whether it is the newest; a newer one voids what was.
bool Player::is_of_now(std::uint32_t generation, std::int64_t now_ns) {
    if (generation > programme_.generation()) {
        cut(generation, now_ns);
    }
    return generation == programme_.generation();
}

/// What is to be seen now of the track that is on.
std::int64_t Player::moment(Track& track, std::int64_t now_ns) {
    return track.idle ? track.idle_moment(now_ns) : playout_.seen(now_ns);
}

/// Whether frames or sound of what is on have not come.
bool Player::is_missing(Track& track, std::int64_t now_ns) {
    const std::int64_t newest = track.newest().pts, now = moment(track, now_ns);
    return track.idle ? now >= newest : now > newest || !playout_.flowing();
}

/// Moment shown less moment heard; false where a line is not both.
bool Player::error_s(std::int64_t now_ns, double& error) {
    Track* track = programme_.current();
    const Picture* shown = screen_.shown();
    if (track == nullptr || shown == nullptr || shown->at_rest || std::int64_t{shown->utterance} != track->id ||
        !playout_.is_heard(now_ns)) {
        return false;
    }
    error = shown->time_s - track->seconds(static_cast<double>(moment(*track, now_ns)));
    return true;
}

}  // namespace talkwire
