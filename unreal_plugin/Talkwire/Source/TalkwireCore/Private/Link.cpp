#include "Talkwire/Link.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace talkwire {

namespace {

constexpr std::int64_t NS_PER_MS = 1'000'000;
constexpr std::int64_t LONGEST_NS = 100 * NS_PER_MS;  // between two looks at the queues
constexpr std::int64_t SHORT_NS = 10 * NS_PER_MS;     // while sound waits for room, or a name is asked for
constexpr std::int64_t STYLE_NS = 50 * NS_PER_MS;     // between two styles of one NPC
constexpr std::int64_t FAREWELL_NS = 50 * NS_PER_MS;  // for last words to leave
constexpr std::size_t CHUNK_BYTES = 64 * 1024;
constexpr int CHUNKS_AT_ONCE = 16;  // of one connection: then the others, and the wishes, have their turn
constexpr std::size_t MAX_UNSENT_BYTES = std::size_t{1} << 20;  // of the control connection; sound waits beyond it
constexpr Route ROUTES[] = {Route::control, Route::media, Route::motion};

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
        planes.add(reading.bc1 ? Plane::patch_bc1 : Plane::patch);
    }
    if (reading.mesh) {
        planes.add(Plane::mesh);
        planes.add(reading.bc1 ? Plane::texture_bc1 : Plane::texture);
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

/// Of whose mesh a message is; null where it does not say.
const TopologyId* topology_of(const MediaMessage& message) {
    const TopologyId* found = nullptr;
    const auto look = [&](const auto* one) { found = one != nullptr ? &one->topology_id : found; };
    look(std::get_if<Mesh>(&message));
    look(std::get_if<Texture>(&message));
    look(std::get_if<Basis>(&message));
    look(std::get_if<Frame>(&message));
    look(std::get_if<Coefficients>(&message));
    look(std::get_if<Visemes>(&message));
    look(std::get_if<Patch>(&message));
    return found;
}

}  // namespace

std::int64_t clock_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

Link::Link(Endpoint endpoint, Introduction introduction)
    : endpoint_(std::move(endpoint)),
      session_(std::move(introduction), chance(), *this),
      wires_{Wire(ZmtpRole::dealer, pool_), Wire(ZmtpRole::sub, pool_), Wire(ZmtpRole::sub, pool_)},
      chunk_(CHUNK_BYTES) {}

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

/// Say goodbye to a server that listens, and close.
void Link::leave() {
    now_ns_ = clock_ns();
    take_wishes();
    for (const std::shared_ptr<Slot>& slot : slots_) {
        slot->is_open = false;
        session_.leave(slot->session, now_ns_);
    }
    flush(Route::control);
    close(Route::media);
    close(Route::motion);
    Wire& control = wire(Route::control);
    const std::int64_t until_ns = now_ns_ + FAREWELL_NS;
    if (control.state == Wire::State::on && control.zmtp.waiting().empty()) {
        control.socket.finish();
        while (control.socket.is_open() && (now_ns_ = clock_ns()) < until_ns) {
            Waiter::Interest interest{&control.socket, false, false};
            waiter_.wait(&interest, 1, until_ns - now_ns_);
            std::size_t count = 0;
            while (control.socket.receive(chunk_.data(), chunk_.size(), count) == Socket::Result::done &&
                   clock_ns() < until_ns) {
            }
        }
    }
    close(Route::control);
    session_.stop(clock_ns());
    publish();
}

/// Until there is something to do; and take what came.
void Link::wait(std::int64_t longest_ns) {
    Waiter::Interest interests[ROUTE_COUNT];
    for (std::size_t i = 0; i < ROUTE_COUNT; ++i) {
        Wire& one = wires_[i];
        interests[i].socket = &one.socket;
        interests[i].write = one.state == Wire::State::connecting || !one.zmtp.waiting().empty();
    }
    waiter_.wait(interests, ROUTE_COUNT, longest_ns);
    for (std::size_t i = 0; i < ROUTE_COUNT && !stopping_; ++i) {
        if (interests[i].ready) {
            now_ns_ = clock_ns();
            advance(ROUTES[i]);
        }
    }
}

// ---- connections ---------------------------------------------------------------------------------------------

void Link::connect(Route route, std::uint16_t port) {
    Wire& one = wire(route);
    one.socket.close();
    one.zmtp.reset();
    one.state = Wire::State::resolving;
    one.port = port != 0 ? port : endpoint_.port;
    const bool asks = resolver_ && resolver_->state() == Resolver::State::asking;
    if (route == Route::control && !asks) {
        resolver_.emplace(endpoint_.host);
    }
}

void Link::begin(Route route) {
    Wire& one = wire(route);
    if (route == Route::control) {
        if (resolver_->state() == Resolver::State::asking) {
            return;
        }
        if (resolver_->state() == Resolver::State::unknown) {
            lose(route, "no machine has this name");
            return;
        }
        address_ = resolver_->address(tries_++);
    }
    one.state = Wire::State::connecting;
    const Socket::Result result = one.socket.connect(address_, one.port);
    if (result == Socket::Result::lost) {
        lose(route, one.socket.why());
    } else if (result == Socket::Result::done) {
        one.state = Wire::State::greeting;
    }
}

/// It is connected, or has something to read, or is lost.
void Link::advance(Route route) {
    Wire& one = wire(route);
    if (one.state == Wire::State::connecting) {
        const Socket::Result result = one.socket.connected();
        if (result == Socket::Result::lost) {
            lose(route, one.socket.why());
        } else if (result == Socket::Result::done) {
            one.state = Wire::State::greeting;
        }
        return;
    }
    receive(route);
}

void Link::receive(Route route) {
    Wire& one = wire(route);
    for (int i = 0; i < CHUNKS_AT_ONCE && one.socket.is_open(); ++i) {
        std::size_t count = 0;
        const Socket::Result result = one.socket.receive(chunk_.data(), chunk_.size(), count);
        if (result == Socket::Result::lost) {
            lose(route, one.socket.why());
            return;
        }
        if (result == Socket::Result::wait) {
            return;
        }
        bytes_ += count;
        parse(route, {chunk_.data(), count});
    }
}

void Link::parse(Route route, Bytes data) {
    Wire& one = wire(route);
    while (!data.empty() && one.socket.is_open()) {
        Block message;
        data = data.part(one.zmtp.receive(data, message));
        if (one.zmtp.failure()) {
            const Problem failure = one.zmtp.failure();
            hang_up(route);
            if (failure.kind == Problem::Kind::denied) {
                session_.hopeless(failure, now_ns_);
            } else {
                session_.lost(route, failure, now_ns_);
            }
            return;
        }
        if (one.state == Wire::State::greeting && one.zmtp.ready()) {
            one.state = Wire::State::on;
            ++connections_;
            session_.connected(route, now_ns_);
        }
        if (!message) {
            continue;
        }
        ++messages_;
        if (route == Route::control) {
            session_.received(message.bytes(), now_ns_);
        } else {
            deliver(std::move(message));
        }
    }
}

/// A message of an NPC's into its inbox.
void Link::deliver(Block part) {
    Split split;
    Problem problem;
    if (!split_topic(part.bytes(), split, problem)) {
        ++misread_;
        return;
    }
    Slot* slot = find(split.session);
    if (slot == nullptr) {
        return;  // it was left
    }
    Inbox& inbox = *slot->inbox;
    Arrival* arrival = inbox.fresh();
    arrival->part = std::move(part);
    arrival->arrived_ns = now_ns_;
    if (!decode_media(arrival->part.bytes(), arrival->media, problem)) {
        ++misread_;
        inbox.give_back(arrival);
        return;
    }
    const TopologyId* topology = topology_of(arrival->media.message);
    if (topology != nullptr && !session_.got(arrival->media.plane, slot->session, *topology, now_ns_)) {
        inbox.give_back(arrival);
        return;
    }
    inbox.put(arrival);
}

void Link::flush(Route route) {
    Wire& one = wire(route);
    while ((one.state == Wire::State::greeting || one.state == Wire::State::on) && !one.zmtp.waiting().empty()) {
        std::size_t count = 0;
        const Socket::Result result = one.socket.send(one.zmtp.waiting(), count);
        if (result == Socket::Result::lost) {
            lose(route, one.socket.why());
            return;
        }
        if (result == Socket::Result::wait) {
            return;
        }
        one.zmtp.sent(count);
    }
}

void Link::hang_up(Route route) {
    wire(route).socket.close();
    wire(route).zmtp.reset();
    wire(route).state = Wire::State::off;
}

void Link::lose(Route route, std::string_view seen) {
    const bool was_on = wire(route).state == Wire::State::on;
    Problem problem;
    refuse(problem, Problem::Kind::link,
           (was_on ? "the connection is lost to " : "no talkwire server answers at ") + endpoint_.text(), seen,
           was_on ? "a server that goes on" : "one that listens there", "start it with: talkwire serve");
    hang_up(route);
    session_.lost(route, problem, now_ns_);
}

// ---- what the session has done -------------------------------------------------------------------------------

void Link::close(Route route) {
    hang_up(route);
}

void Link::send(Bytes message) {
    allowance_.left -= 1;
    wire(Route::control).zmtp.send(message);
}

bool Link::has_room() {
    const bool room = allowance_.left >= 1 && wire(Route::control).zmtp.waiting().size < MAX_UNSENT_BYTES;
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
        wire(route).zmtp.subscribe(topic_, wanted);
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
