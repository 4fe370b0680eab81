#include "Talkwire/Client.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "CurveConnection.h"
#include "Talkwire/Limits.h"
#include "Talkwire/MessageCodec.h"
#include "Talkwire/Topic.h"

namespace talkwire {

namespace {

constexpr float LOUDEST = 16.0f;  // a little beyond 1 is allowed, what is no sound is not

bool is_rate(std::uint32_t rate_hz, Problem& problem) {
    if (rate_hz >= MIN_SAMPLE_RATE_HZ && rate_hz <= MAX_SAMPLE_RATE_HZ) {
        return true;
    }
    return refuse(problem, Problem::Kind::protocol, "no sound has this sample rate", std::to_string(rate_hz) + " Hz",
                  std::to_string(MIN_SAMPLE_RATE_HZ) + " to " + std::to_string(MAX_SAMPLE_RATE_HZ) + " Hz",
                  "give the rate that it was recorded at");
}

bool is_sound(const float* samples, std::size_t count, Problem& problem) {
    const auto broken = static_cast<std::size_t>(std::count_if(samples, samples + count, [](float sample) {
        return !(std::fabs(sample) <= LOUDEST);  // nor NaN
    }));
    if (broken == 0) {
        return true;
    }
    return refuse(problem, Problem::Kind::protocol, "the audio is broken",
                  std::to_string(broken) + " samples that are NaN, infinite or far beyond 1", "samples in [-1, 1]",
                  "check where the audio comes from");
}

bool refuse_left(Problem& problem) {
    return refuse(problem, Problem::Kind::protocol, "this NPC was left", "an empty handle, or one that was left",
                  "an NPC that is there", "open it");
}

}  // namespace

// ---- one NPC -------------------------------------------------------------------------------------------------

const std::string& Npc::session() const {
    static const std::string nobody;
    return slot_ ? slot_->session : nobody;
}

bool Npc::is_here() const {
    return slot_ && !slot_->is_left;
}

bool Npc::is_open() const {
    return is_here() && slot_->is_open;
}

void Npc::read(const Reading& reading) {
    if (is_here()) {
        Wish wished = wish(Wish::Kind::read);
        wished.reading = reading;
        link_->post(std::move(wished));
    }
}

Arrivals Npc::take() {
    return slot_ ? slot_->inbox->take() : Arrivals();
}

Inbox::Dropped Npc::dropped() const {
    return slot_ ? slot_->inbox->dropped() : Inbox::Dropped();
}

std::uint32_t Npc::say(const float* samples, std::size_t count, std::uint32_t rate_hz, Problem& problem) {
    return is_sound(samples, count, problem) ? say(samples, count, rate_hz, SampleFormat::f32, true, problem) : 0;
}

std::uint32_t Npc::say(const std::int16_t* samples, std::size_t count, std::uint32_t rate_hz, Problem& problem) {
    return say(samples, count, rate_hz, SampleFormat::s16, true, problem);
}

std::uint32_t Npc::begin(std::uint32_t rate_hz, SampleFormat format, Problem& problem) {
    return say(nullptr, 0, rate_hz, format, false, problem);
}

bool Npc::push(std::uint32_t say, const float* samples, std::size_t count, Problem& problem) {
    return is_sound(samples, count, problem) && push(say, samples, count, SampleFormat::f32, problem);
}

bool Npc::push(std::uint32_t say, const std::int16_t* samples, std::size_t count, Problem& problem) {
    return push(say, samples, count, SampleFormat::s16, problem);
}

void Npc::end(std::uint32_t say) {
    if (is_here() && say != 0) {
        Wish wished = wish(Wish::Kind::more);
        wished.say = say;
        wished.ended = true;
        link_->post(std::move(wished));
    }
}

void Npc::interrupt() {
    if (is_here()) {
        link_->post(wish(Wish::Kind::interrupt));
    }
}

bool Npc::style(const Style& style, Problem& problem, std::uint32_t say, std::uint64_t pts) {
    if (!is_here()) {
        return refuse_left(problem);
    }
    Buffer& message = slot_->message;
    message.clear();
    Style named = style;
    named.session = slot_->session;
    if (!encode(named, message, problem)) {
        return false;
    }
    Wish wished = wish(Wish::Kind::style);
    wished.say = say;
    wished.pts = pts;
    wished.style = link_->pool().take(message.size());
    std::memcpy(wished.style.data(), message.data(), message.size());
    return post(wished, problem);
}

void Npc::leave() {
    if (is_here()) {
        link_->post(wish(Wish::Kind::leave));
        slot_->is_left = true;
    }
}

std::uint32_t Npc::say(const void* samples, std::size_t count, std::uint32_t rate_hz, SampleFormat format, bool ended,
                       Problem& problem) {
    Wish wished = wish(Wish::Kind::say);
    if (!is_rate(rate_hz, problem) || !wrap(samples, count, format, wished.sound, problem)) {
        return 0;
    }
    wished.say = link_->next_say();
    wished.rate_hz = rate_hz;
    wished.format = format;
    wished.ended = ended;
    const std::uint32_t number = wished.say;
    return post(wished, problem) ? number : 0;
}

bool Npc::push(std::uint32_t say, const void* samples, std::size_t count, SampleFormat format, Problem& problem) {
    Wish wished = wish(Wish::Kind::more);
    if (!wrap(samples, count, format, wished.sound, problem)) {
        return false;
    }
    wished.say = say;
    wished.format = format;
    return count == 0 || post(wished, problem);
}

/// A copy of it that the network's thread will have.
bool Npc::wrap(const void* samples, std::size_t count, SampleFormat format, Sound& sound, Problem& problem) const {
    const std::size_t width = format == SampleFormat::s16 ? 2 : 4;
    if (!is_here()) {
        return refuse_left(problem);
    }
    if (count > Link::MAX_KEPT_BYTES / width || !link_->has_room_for(count * width)) {
        return refuse(problem, Problem::Kind::link, "too much sound waits to be said",
                      std::to_string(count) + " more samples",
                      "at most " + std::to_string(Link::MAX_KEPT_BYTES >> 20) + " MiB in all",
                      "say it when what is said before has been heard");
    }
    if (count > 0) {
        sound.samples = link_->pool().take(count * width);
        sound.count = static_cast<std::uint32_t>(count);
        std::memcpy(sound.samples.data(), samples, count * width);
    }
    return true;
}

bool Npc::post(Wish& wish, Problem& problem) {
    return link_->post(std::move(wish)) ||
           refuse(problem, Problem::Kind::link, "nobody does what is wished", "a client that was stopped, or is far behind",
                  "a client that runs", "make another one");
}

Wish Npc::wish(Wish::Kind kind) const {
    Wish made;
    made.kind = kind;
    made.slot = slot_;
    return made;
}

// ---- the client ----------------------------------------------------------------------------------------------

Client::Client(std::string_view endpoint, Introduction introduction, const Keys& keys) {
    Endpoint parsed;
    CurveKeys curve;
    if (parse_endpoint(endpoint, parsed, problem_) &&
        (keys.empty() || (has_curve(problem_) && read_keys(keys, curve, problem_)))) {
        link_ = std::make_shared<Link>(std::move(parsed), std::move(introduction), curve);
        link_->start();
    }
}

void Client::stop() {
    if (link_) {
        link_->stop();
    }
}

Npc Client::open(std::string_view session, std::string_view avatar, const Reading& reading, Problem& problem) {
    if (!is_session_name(session)) {
        refuse(problem, Problem::Kind::protocol, "no NPC can have this name", session.substr(0, 60),
               "letters, digits, '_', '.' and '-', at most 32", "choose another one");
        return Npc();
    }
    if (!link_) {
        problem = problem_;
        return Npc();
    }
    slots_.erase(std::remove_if(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->is_left; }),
                 slots_.end());
    auto known = std::find_if(slots_.begin(), slots_.end(), [&](const auto& slot) { return slot->session == session; });
    if (known == slots_.end()) {
        slots_.push_back(std::make_shared<Slot>(std::string(session)));
        known = slots_.end() - 1;
    }
    Npc npc(link_, *known);
    Wish wished = npc.wish(Wish::Kind::open);
    wished.avatar = std::string(avatar);
    if (!npc.post(wished, problem)) {
        return Npc();
    }
    npc.read(reading);
    return npc;
}

void Client::load(std::string_view avatar, bool wanted) {
    if (link_) {
        Wish wish;
        wish.kind = wanted ? Wish::Kind::load : Wish::Kind::unload;
        wish.avatar = std::string(avatar);
        link_->post(std::move(wish));
    }
}

bool Client::notice(Notice& next) {
    return link_ && link_->notice(next);
}

Status Client::status() const {
    if (link_) {
        return link_->status();
    }
    Status status;
    status.problem = problem_;
    return status;
}

}  // namespace talkwire
