// What arrives, and where a player puts it.
#include <cstring>

#include "Talkwire/Player.h"
#include "Talkwire/Time.h"

namespace talkwire {

void Player::receive(const Media& item, std::int64_t now_ns, std::int64_t offset_ns, std::int64_t arrived_ns) {
    step(now_ns);
    take(item, {now_ns, arrived_ns, offset_ns});
    step(now_ns);
}

void Player::take(const Media& item, const Arrived& arrived) {
    const std::int64_t now_ns = arrived.now_ns;
    const MediaMessage& message = item.message;
    if (const auto* frame = std::get_if<Frame>(&message)) {
        take_frame(*frame, false, arrived);
    } else if (const auto* coefficients = std::get_if<Coefficients>(&message)) {
        take_frame(*coefficients, item.plane == Plane::frame_arkit, arrived);
    } else if (const auto* patch = std::get_if<Patch>(&message)) {
        take_patch(*patch, now_ns);
    } else if (const auto* audio = std::get_if<Audio>(&message)) {
        take_audio(*audio, now_ns);
    } else if (const auto* event = std::get_if<Event>(&message)) {
        take_event(*event, now_ns, arrived.offset_ns);
    } else {
        take(std::holds_alternative<std::monostate>(item.prepared) ? prepare(message) : item.prepared);
    }
    while (Track* spare = programme_.too_many()) {
        leave(*spare, now_ns);
        programme_.leave(*spare);
    }
}

Image::Image(const Texture& message)
    : topology_id(message.topology_id),
      format(message.format),
      width_px(message.width_px),
      height_px(message.height_px),
      bytes(message.image.data, message.image.data + message.image.size) {}

Prepared Player::prepare(const MediaMessage& message) {
    if (const auto* mesh = std::get_if<Mesh>(&message)) {
        return std::make_shared<const Head>(*mesh);
    }
    if (const auto* texture = std::get_if<Texture>(&message)) {
        return std::make_shared<const Image>(*texture);
    }
    if (const auto* basis = std::get_if<Basis>(&message)) {
        auto sum = std::make_shared<BasisSum>();
        sum->reset(*basis);
        return std::shared_ptr<const BasisSum>(std::move(sum));
    }
    return {};
}

/// What never changes while an avatar speaks. It is sent again whenever somebody else subscribes.
void Player::take(const Prepared& prepared) {
    if (const auto* head = std::get_if<std::shared_ptr<const Head>>(&prepared)) {
        poser_.take(*head);
    } else if (const auto* basis = std::get_if<std::shared_ptr<const BasisSum>>(&prepared)) {
        poser_.take(*basis);
    } else if (const auto* image = std::get_if<std::shared_ptr<const Image>>(&prepared)) {
        texture_ = texture_ && texture_->bytes == (*image)->bytes ? texture_ : *image;
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

}  // namespace talkwire
