#include "Talkwire/Player.h"

#include <algorithm>
#include <cstring>

#include "Talkwire/Time.h"

namespace talkwire {

Player::Player(Sink& sink, const Settings& settings)
    : buffer_(settings.least_ms, settings.most_ms),
      playout_(sink, buffer_, stats_, settings.av_offset_ms / 1e3),
      programme_(settings.most_bytes),
      poser_(pool_) {}

void Player::receive(const Media& item, std::int64_t now_ns, std::int64_t offset_ns, std::int64_t arrived_ns) {
    step(now_ns);
    take(item, {now_ns, arrived_ns, offset_ns});
    step(now_ns);
}

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

void Player::take(const Media& item, const Arrived& arrived) {
    const std::int64_t now_ns = arrived.now_ns;
    const MediaMessage& message = item.message;
    if (const auto* mesh = std::get_if<Mesh>(&message)) {
        poser_.take_mesh(*mesh);
    } else if (const auto* texture = std::get_if<Texture>(&message)) {
        take_texture(*texture);
    } else if (const auto* basis = std::get_if<Basis>(&message)) {
        poser_.take_basis(*basis);
    } else if (const auto* frame = std::get_if<Frame>(&message)) {
        take_frame(*frame, false, arrived);
    } else if (const auto* coefficients = std::get_if<Coefficients>(&message)) {
        take_frame(*coefficients, item.plane == Plane::frame_arkit, arrived);
    } else if (const auto* patch = std::get_if<Patch>(&message)) {
        take_patch(*patch, now_ns);
    } else if (const auto* audio = std::get_if<Audio>(&message)) {
        take_audio(*audio, now_ns);
    } else if (const auto* event = std::get_if<Event>(&message)) {
        take_event(*event, now_ns, arrived.offset_ns);
    }
    while (Track* spare = programme_.too_many()) {
        leave(*spare, now_ns);
        programme_.leave(*spare);
    }
}

void Player::take_texture(const Texture& message) {
    auto image = std::make_shared<Image>();
    image->topology_id = message.topology_id;
    image->format = message.format;
    image->width_px = message.width_px;
    image->height_px = message.height_px;
    image->bytes.assign(message.image.data, message.image.data + message.image.size);
    if (!texture_ || texture_->bytes != image->bytes) {  // it is sent again whenever somebody else subscribes
        texture_ = std::move(image);
    }
}

template <class Message>
void Player::take_frame(const Message& message, bool bare, const Arrived& arrived) {
    const std::int64_t now_ns = arrived.now_ns;
    Track* of = track(message.utterance, message.generation, now_ns);
    if (of == nullptr) {
        return;
    }
    of->bare = bare;
    framed_ns_ = now_ns;
    if (!of->is_new(static_cast<std::int64_t>(message.pts))) {
        return;
    }
    Held<Moment> kept;
    if (!poser_.keep(message, kept)) {
        stats_.refused += 1;
    }
    const Held<Moment> frame = kept;
    of->add_frame(std::move(kept));
    programme_.frames_have_reached(*of);
    if ((message.flags & REPEAT) != 0) {
        return;
    }
    const std::int64_t transit_ns = wrapped_difference(arrived.at_ns, static_cast<std::int64_t>(message.server_ns));
    buffer_.arrived(transit_ns, arrived.at_ns);
    const bool late = of == programme_.current() && !of->idle && moment(*of, now_ns) > frame->pts;
    stats_.frame(*frame, static_cast<double>(wrapped_difference(transit_ns, arrived.offset_ns)) / 1e6, late, now_ns);
}

void Player::take_patch(const Patch& message, std::int64_t now_ns) {
    Track* of = track(message.utterance, message.generation, now_ns);
    if (of == nullptr) {
        return;
    }
    Held<PatchImages> held = Held<PatchImages>::in(pool_);
    PatchImages& kept = held.make();
    kept.utterance = message.utterance;
    kept.pts = static_cast<std::int64_t>(message.pts);
    kept.patches = message.patches;
    std::size_t size = 0;
    for (const Patch::Rectangle& patch : message.patches) {
        size += patch.image.size;
    }
    kept.bytes = pool_.take(size);
    std::uint8_t* end = kept.bytes.data();
    for (Patch::Rectangle& patch : kept.patches) {
        std::memcpy(end, patch.image.data, patch.image.size);
        patch.image.data = end;
        end += patch.image.size;
    }
    of->add_patch(std::move(held));
}

void Player::take_audio(const Audio& message, std::int64_t now_ns) {
    Track* of = track(message.utterance, message.generation, now_ns);
    if (of == nullptr) {
        return;
    }
    of->rate_hz = message.sample_rate_hz;
    programme_.sound_has_reached(of->id);
    if (!message.samples.empty()) {
        const auto pts = static_cast<std::int64_t>(message.pts);
        const auto count = static_cast<std::int64_t>(message.sample_count());
        of->join(pts);
        const std::int64_t gap = pts - of->end();
        if (gap > 0) {
            playout_.lost(*of, gap, pts, now_ns);
        }
        if (gap >= 0 && of->has_room(count)) {
            SoundChunk sound{pool_.take(message.samples.size), count};
            std::memcpy(sound.samples.data(), message.samples.data, message.samples.size);
            of->add_sound(std::move(sound));
        }
    }
    of->sound_complete = of->sound_complete || (message.flags & LAST) != 0;
}

void Player::take_event(const Event& message, std::int64_t now_ns, std::int64_t offset_ns) {
    if (message.kind == EventKind::closed) {
        if (is_of_now(message.generation, now_ns)) {
            cut(message.generation, now_ns);
        }
    } else if (message.kind == EventKind::started) {
        Track* of = track(message.utterance, message.generation, now_ns);
        if (of != nullptr) {
            of->rate_hz = message.sample_rate_hz;
            programme_.sound_has_reached(of->id);
            stats_.line_started(message.utterance,
                                wrapped_sum(static_cast<std::int64_t>(message.heard_ns), offset_ns));
        }
    } else if (is_of_now(message.generation, now_ns) && message.kind == EventKind::ended) {
        programme_.sound_has_reached(std::int64_t{message.utterance} + 1);  // it came before, on the same socket
    }
}

Track* Player::track(std::uint32_t utterance, std::uint32_t generation, std::int64_t now_ns) {
    return is_of_now(generation, now_ns) ? programme_.track(utterance) : nullptr;
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
