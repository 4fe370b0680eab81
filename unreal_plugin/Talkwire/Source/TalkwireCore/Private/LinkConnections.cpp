// A link's three connections: begun, shaken hands on, read and written, and lost.
#include "Talkwire/Link.h"

#include <utility>
#include <variant>

#include "Talkwire/Player.h"

namespace talkwire {

namespace {

constexpr int CHUNKS_AT_ONCE = 16;  // of one connection: then the others, and the wishes, have their turn

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
    arrival->media.prepared = Player::prepare(arrival->media.message);
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

}  // namespace talkwire
