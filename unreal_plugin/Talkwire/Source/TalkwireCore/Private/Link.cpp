#include "Talkwire/Link.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "CurveConnection.h"
#include "PlainConnection.h"

namespace talkwire {

namespace {

constexpr std::int64_t LONGEST_NS = 100 * NS_PER_MS;  // between two looks at the queues
constexpr std::int64_t SHORT_NS = 10 * NS_PER_MS;     // while sound waits for room, or a name is asked for
constexpr std::int64_t STYLE_NS = 50 * NS_PER_MS;     // between two styles of one NPC
constexpr std::size_t MAX_UNSENT_BYTES = std::size_t{1} << 20;  // of the control connection; sound waits beyond it

double chance() {
    return static_cast<double>(clock_ns() / 100 % 1000) / 999.0;
}

/// What a game reads of an NPC, as planes.
Planes planes_of(const Slot& slot) {
    const Reading& reading = slot.reading;
    const std::optional<Plane> frames = reading.suggested ? slot.suggested : reading.frames;
    Planes planes;
    if (reading.sound) {
        planes.add(Plane::event);
        planes.add(Plane::audio);
    }
    if (reading.patches) {
        planes.add(reading.pictures == ImageFormat::bc1   ? Plane::patch_bc1
                   : reading.pictures == ImageFormat::rgb ? Plane::patch_rgb
                                                          : Plane::patch);
    }
    if (reading.mesh) {
        planes.add(Plane::mesh);
        planes.add(reading.pictures == ImageFormat::bc1 ? Plane::texture_bc1 : Plane::texture);
    }
    if (frames == Plane::frame_basis) {
        planes.add(Plane::basis);
    }
    if (frames) {
        planes.add(*frames);
    }
    if (reading.visemes) {
        planes.add(Plane::viseme);
    }
    return planes;
}

}  // namespace

std::int64_t clock_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

Link::Link(Endpoint endpoint, Introduction introduction, const CurveKeys& keys)
    : endpoint_(std::move(endpoint)), session_(std::move(introduction), chance(), *this) {
    const bool is_plain = keys.empty();
    const std::shared_ptr<CurveContext> curve = is_plain ? nullptr : curve_context(keys);
    for (const Route route : ROUTES) {
        const ZmtpRole role = route == Route::control ? ZmtpRole::dealer : ZmtpRole::sub;
        wire(route).connection =
            is_plain ? std::make_unique<PlainConnection>(role, pool_) : curve_connection(curve, role, pool_);
    }
}

// ---- the game's ----------------------------------------------------------------------------------------------

void Link::start() {
    if (!thread_.joinable() && !stopping_) {
        thread_ = std::thread([this] { run(); });
    }
}

void Link::stop() {
    stopping_ = true;
    waiter_.wake();
    if (thread_.joinable()) {
        thread_.join();
    }
}

bool Link::post(Wish wish) {
    {
        std::lock_guard<std::mutex> hold(lock_);
        if (stopping_ || posted_.size() >= MAX_WISHES) {
            return false;
        }
        posted_bytes_ += wish.sound.samples.capacity();
        posted_.push_back(std::move(wish));
    }
    waiter_.wake();
    return true;
}

bool Link::notice(Notice& next) {
    std::lock_guard<std::mutex> hold(lock_);
    if (notices_.empty()) {
        return false;
    }
    next = std::move(notices_.front());
    notices_.pop_front();
    return true;
}

Status Link::status() const {
    std::lock_guard<std::mutex> hold(lock_);
    return status_;
}

// ---- the thread ----------------------------------------------------------------------------------------------

void Link::run() {
    now_ns_ = clock_ns();
    session_.start(now_ns_);
    while (!stopping_) {
        take_turn();
    }
    leave();
}

void Link::take_turn() {
    now_ns_ = clock_ns();
    take_wishes();
    session_.tick(now_ns_);
    say_what_is_read();
    allowance_.refill(now_ns_);
    if (std::exchange(starved_, false)) {
        session_.pump();
    }
    const bool waiting = say_styles();
    bool resolving = false;
    for (const Route route : ROUTES) {
        if (wire(route).state == Wire::State::resolving) {
            begin(route);
        }
        flush(route);
        resolving = resolving || wire(route).state == Wire::State::resolving;
    }
    publish();
    const std::int64_t due_ns = session_.due_ns();
    const std::int64_t longest_ns = starved_ || resolving || waiting ? SHORT_NS : LONGEST_NS;
    wait(due_ns - now_ns_ < longest_ns ? due_ns - now_ns_ : longest_ns);
}

void Link::take_wishes() {
    {
        std::lock_guard<std::mutex> hold(lock_);
        std::swap(posted_, wishes_);
    }
    for (Wish& wish : wishes_) {
        posted_bytes_ -= wish.sound.samples.capacity();
        obey(wish);
    }
    wishes_.clear();
}

void Link::obey(Wish& wish) {
    const std::string_view session = wish.slot ? std::string_view(wish.slot->session) : std::string_view();
    switch (wish.kind) {
        case Wish::Kind::open:
            if (find(session) == nullptr) {
                slots_.push_back(wish.slot);
            }
            session_.open(session, wish.avatar, now_ns_);
            break;
        case Wish::Kind::leave:
            session_.leave(session, now_ns_);
            wish.slot->is_open = false;
            slots_.erase(std::remove(slots_.begin(), slots_.end(), wish.slot), slots_.end());
            break;
        case Wish::Kind::read:
            wish.slot->reading = wish.reading;
            wish.slot->is_changed = true;
            break;
        case Wish::Kind::interrupt:
            session_.interrupt(session, now_ns_);
            break;
        case Wish::Kind::style:
            if (wish.say == 0) {
                wish.slot->style = std::move(wish.style);  // the newest wins
            } else {
                session_.style(wish.say, wish.pts, std::move(wish.style), now_ns_);
            }
            break;
        case Wish::Kind::load:
        case Wish::Kind::unload:
            session_.load(wish.avatar, wish.kind == Wish::Kind::load, now_ns_);
            break;
        case Wish::Kind::say:
            session_.say(session, wish.say, wish.rate_hz, wish.format, std::move(wish.sound), wish.ended, now_ns_);
            break;
        case Wish::Kind::more:
            session_.more(wish.say, std::move(wish.sound), wish.ended, now_ns_);
            break;
    }
}

void Link::say_what_is_read() {
    for (const std::shared_ptr<Slot>& slot : slots_) {
        if (std::exchange(slot->is_changed, false)) {
            session_.read(slot->session, planes_of(*slot), now_ns_);
        }
    }
}

/// A game that turns a head with every frame is heard often enough, and no more often than the server bears. Whether
/// there is one that waits.
bool Link::say_styles() {
    bool waiting = false;
    for (const std::shared_ptr<Slot>& slot : slots_) {
        if (slot->style && now_ns_ - slot->styled_ns >= STYLE_NS && has_room()) {
            session_.style(slot->session, slot->style.bytes(), now_ns_);
            slot->style.release();
            slot->styled_ns = now_ns_;
        }
        waiting = waiting || slot->style;
    }
    return waiting;
}

// ---- what the session has done -------------------------------------------------------------------------------

void Link::close(Route route) {
    hang_up(route);
}

void Link::send(Bytes message) {
    allowance_.left -= 1;
    connection(Route::control).send(message);
}

bool Link::has_room() {
    const bool room = allowance_.left >= 1 && connection(Route::control).waiting_bytes() < MAX_UNSENT_BYTES;
    starved_ = starved_ || !room;
    return room;
}

void Link::Allowance::refill(std::int64_t now_ns) {
    if (since_ns != 0) {
        left = std::min(AT_ONCE, left + PER_S * seconds_in(now_ns - since_ns));
    }
    since_ns = now_ns;
}

void Link::subscribe(Route route, std::string_view session, Plane plane, bool wanted) {
    if (topic(session, plane, topic_)) {
        connection(route).subscribe(topic_, wanted);
    }
}

void Link::tell(Notice notice) {
    Slot* slot = find(notice.session);
    if (notice.kind == Notice::Kind::opened && slot != nullptr) {
        slot->is_open = true;
        slot->suggested = notice.frames;
        slot->is_changed = true;
    } else if (notice.kind == Notice::Kind::closed && slot != nullptr) {
        slot->is_open = false;
    } else if (notice.kind == Notice::Kind::lost || notice.kind == Notice::Kind::refused) {
        for (const std::shared_ptr<Slot>& one : slots_) {
            one->is_open = false;
        }
    }
    std::lock_guard<std::mutex> hold(lock_);
    if (notices_.size() == MAX_NOTICES) {
        notices_.pop_front();
    }
    notices_.push_back(std::move(notice));
}

void Link::publish() {
    kept_bytes_ = session_.speaker().kept_bytes();
    state_ = session_.state();
    offset_ns_ = session_.offset_ns();
    std::lock_guard<std::mutex> hold(lock_);
    status_.state = session_.state();
    const Problem& problem = session_.problem();
    if (status_.problem.kind != problem.kind || status_.problem.what != problem.what ||
        status_.problem.seen != problem.seen) {
        status_.problem = problem;
    }
    status_.offset_ns = session_.offset_ns();
    status_.load_share = session_.load_share();
    status_.level = session_.level();
    status_.messages = messages_;
    status_.bytes = bytes_;
    status_.misread = misread_ + session_.misread();
    status_.connections = connections_;
}

Slot* Link::find(std::string_view session) {
    for (const std::shared_ptr<Slot>& slot : slots_) {
        if (slot->session == session) {
            return slot.get();
        }
    }
    return nullptr;
}

}  // namespace talkwire
