// A link's three connections: begun, waited for, read and written, lost, and left.
#include "Talkwire/Link.h"

#include <utility>
#include <variant>

#include "Talkwire/Player.h"

namespace talkwire {

namespace {

constexpr std::size_t MOST_AT_ONCE = std::size_t{1} << 20;  // of one connection: then others, and wishes, have their turn
constexpr int FAREWELL_MS = 50;  // for last words to leave

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

void Link::connect(Route route, std::uint16_t port) {
    Wire& one = wire(route);
    one.connection->close();
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
    if (one.connection->connect(address_, one.port) == Connection::Result::lost) {
        lose(route);
    }
}

/// Until there is something to do; and take what came.
void Link::wait(std::int64_t longest_ns) {
    Waiter::Interest interests[ROUTE_COUNT * Connection::MAX_INTERESTS];
    std::size_t counts[ROUTE_COUNT], count = 0;
    for (const Route route : ROUTES) {
        counts[static_cast<std::size_t>(route)] = connection(route).interests(&interests[count]);
        count += counts[static_cast<std::size_t>(route)];
        longest_ns = connection(route).has_more() ? 0 : longest_ns;
    }
    waiter_.wait(interests, count, longest_ns);
    const Waiter::Interest* interest = interests;
    for (const Route route : ROUTES) {
        bool ready = connection(route).has_more();
        for (std::size_t i = 0; i < counts[static_cast<std::size_t>(route)]; ++i) {
            ready = interest++->ready || ready;
        }
        if (ready && !stopping_) {
            now_ns_ = clock_ns();
            receive(route);
        }
    }
}

/// What there is to take, as far as the others do not wait for it.
void Link::receive(Route route) {
    Wire& one = wire(route);
    for (std::size_t taken = 0; taken < MOST_AT_ONCE && one.connection->is_open();) {
        Block message;
        std::size_t bytes = 0;
        const Connection::Result result = one.connection->receive(message, bytes);
        taken += bytes;
        bytes_ += bytes;
        if (result == Connection::Result::lost) {
            lose(route);
        }
        if (result != Connection::Result::done) {
            return;
        }
        if (one.state == Wire::State::connecting && one.connection->is_ready()) {
            one.state = Wire::State::on;
            ++connections_;
            session_.connected(route, now_ns_);
        }
        if (message) {
            take(route, std::move(message));
        }
    }
}

void Link::take(Route route, Block message) {
    ++messages_;
    if (route == Route::control) {
        session_.received(message.bytes(), now_ns_);
    } else {
        deliver(std::move(message));
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
    arrival->media.prepared = Player::prepare(arrival->media.message);
    inbox.put(arrival);
}

void Link::flush(Route route) {
    if (connection(route).flush() == Connection::Result::lost) {
        lose(route);
    }
}

void Link::hang_up(Route route) {
    connection(route).close();
    wire(route).state = Wire::State::off;
}

/// As the connection says it.
void Link::lose(Route route) {
    const Problem failure = connection(route).failure();
    if (!failure) {
        lose(route, connection(route).why());
        return;
    }
    hang_up(route);
    if (failure.kind == Problem::Kind::denied) {
        session_.hopeless(failure, now_ns_);
    } else {
        session_.lost(route, failure, now_ns_);
    }
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
    Connection& control = connection(Route::control);
    if (wire(Route::control).state == Wire::State::on && control.waiting_bytes() == 0) {
        control.finish(FAREWELL_MS);
        await_end(control);
    }
    close(Route::control);
    session_.stop(clock_ns());
    for (Wire& one : wires_) {
        one.connection.reset();  // what is left of it ends with this thread, not with the game's last handle
    }
    publish();
}

/// Until the server, which has read the last words, hangs up.
void Link::await_end(Connection& last) {
    const std::int64_t until_ns = now_ns_ + FAREWELL_MS * NS_PER_MS;
    Block ignored;
    std::size_t bytes = 0;
    while (last.is_open() && (now_ns_ = clock_ns()) < until_ns) {
        Waiter::Interest interests[Connection::MAX_INTERESTS];
        waiter_.wait(interests, last.interests(interests), until_ns - now_ns_);
        while (clock_ns() < until_ns && last.receive(ignored, bytes) == Connection::Result::done) {
        }
    }
}

}  // namespace talkwire
