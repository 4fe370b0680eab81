#include "Talkwire/Session.h"

#include <algorithm>
#include <utility>

namespace talkwire {

namespace {

constexpr Plane STATICS[] = {Plane::mesh, Plane::texture, Plane::texture_bc1, Plane::basis};

constexpr std::uint32_t bit(Plane plane) {
    return std::uint32_t{1} << static_cast<unsigned>(plane);
}

bool is_static(Plane plane) {
    return std::find(std::begin(STATICS), std::end(STATICS), plane) != std::end(STATICS);
}

bool holds(const Planes& planes, Plane plane) {
    return std::find(planes.begin(), planes.end(), plane) != planes.end();
}

Route route_of(Plane plane) {
    return is_motion(plane) ? Route::motion : Route::media;
}

Problem silence(std::string_view seen, std::string_view wanted) {
    Problem problem;
    refuse(problem, Problem::Kind::link, "the server does not answer", seen, wanted,
           "start it with: talkwire serve");
    return problem;
}

}  // namespace

Session::Session(Introduction introduction, double chance, SessionOutput& output)
    : introduction_(std::move(introduction)), chance_(chance), output_(output), speaker_(*this) {}

// ---- what is wished ------------------------------------------------------------------------------------------

void Session::start(std::int64_t now_ns) {
    now_ns_ = now_ns;
    if (state_ == State::off || state_ == State::failed) {
        connect(Route::control);
    }
}

void Session::stop(std::int64_t now_ns) {
    now_ns_ = now_ns;
    close_all();
    state_ = State::off;
}

void Session::open(std::string_view session, std::string_view avatar, std::int64_t now_ns) {
    now_ns_ = now_ns;
    Npc& wanted = npc(session);
    wanted.is_wanted = true;
    wanted.avatar = std::string(avatar);
    if (state_ == State::ready) {
        ask(Asked::open, session, avatar);
    }
}

void Session::leave(std::string_view session, std::int64_t now_ns) {
    read(session, {}, now_ns);
    speaker_.drop(session);
    const bool was_wanted = npc(session).is_wanted;
    npcs_.erase(npcs_.begin() + (&npc(session) - npcs_.data()));
    asked_.erase(std::remove_if(asked_.begin(), asked_.end(), [&](const Request& one) { return one.session == session; }),
                 asked_.end());
    if (state_ == State::ready && was_wanted) {
        ask(Asked::close, session, {});
    }
}

void Session::read(std::string_view session, const Planes& planes, std::int64_t now_ns) {
    now_ns_ = now_ns;
    Npc& reader = npc(session);
    const Planes before = std::exchange(reader.planes, planes);
    for (const Plane plane : planes) {
        if (!holds(before, plane)) {
            subscribe(reader, plane, true);
        }
    }
    for (const Plane plane : before) {
        if (!holds(planes, plane)) {
            subscribe(reader, plane, false);
        }
    }
}

void Session::interrupt(std::string_view session, std::int64_t now_ns) {
    now_ns_ = now_ns;
    speaker_.interrupt(session);
    ask(Asked::interrupt, session, {});
}

void Session::style(std::string_view session, Bytes message, std::int64_t now_ns) {
    now_ns_ = now_ns;
    Npc& styled = npc(session);
    styled.style.assign(message.data, message.data + message.size);
    if (styled.is_open) {
        ask(Asked::style, session, {});
    }
}

void Session::style(std::uint32_t say, std::uint64_t pts, Block message, std::int64_t now_ns) {
    now_ns_ = now_ns;
    speaker_.style(say, pts, std::move(message));
}

void Session::load(std::string_view avatar, bool wanted, std::int64_t now_ns) {
    now_ns_ = now_ns;
    ask(wanted ? Asked::load : Asked::unload, {}, avatar);
}

void Session::say(std::string_view session, std::uint32_t say, std::uint32_t rate_hz, SampleFormat format, Sound sound,
                  bool ended, std::int64_t now_ns) {
    now_ns_ = now_ns;
    speaker_.add(say, session, rate_hz, format, std::move(sound), ended);
}

void Session::more(std::uint32_t say, Sound sound, bool ended, std::int64_t now_ns) {
    now_ns_ = now_ns;
    speaker_.more(say, std::move(sound), ended);
}

// ---- connections ---------------------------------------------------------------------------------------------

void Session::connected(Route route, std::int64_t now_ns) {
    now_ns_ = now_ns;
    way(route).state = Way::State::on;
    if (route == Route::control) {
        greet();
        return;
    }
    way(route).backoff.reset();
    for (const Npc& reader : npcs_) {
        for (const Plane plane : reader.planes) {
            if (route_of(plane) == route) {
                subscribe(reader, plane, true);
            }
        }
    }
}

void Session::lost(Route route, const Problem& why, std::int64_t now_ns) {
    now_ns_ = now_ns;
    lose(route, why, "connection");
}

void Session::hopeless(const Problem& why, std::int64_t now_ns) {
    now_ns_ = now_ns;
    fail(why, word(why.kind));
}

void Session::tick(std::int64_t now_ns) {
    now_ns_ = now_ns;
    for (std::size_t i = 0; i < ROUTE_COUNT; ++i) {
        const auto route = static_cast<Route>(i);
        if (way(route).state == Way::State::connecting && now_ns >= way(route).until_ns) {
            Problem problem;
            refuse(problem, Problem::Kind::link, "no server answers there", "no connection within 5 s",
                   "a talkwire server", "start it with: talkwire serve");
            give_up(route, problem, "connection");
        } else if (way(route).state == Way::State::waiting && now_ns >= way(route).until_ns &&
                   (route == Route::control || state_ == State::ready)) {
            connect(route);
        }
    }
    if (state_ == State::greeting && now_ns >= answer_by_ns_) {
        give_up(Route::control, silence("silence for 2 s", "Welcome"), "silence");
    }
    if (state_ == State::ready) {
        if (now_ns - pinged_ns_ >= PING_NS) {
            ping();
        }
        if (unanswered_ns_ != 0 && now_ns - unanswered_ns_ > SILENCE_NS) {
            give_up(Route::control, silence("silence for 5 s", "an answer every second"), "silence");
            close(Route::media);  // they may be as dead, and nothing is sent on them that would show it
            close(Route::motion);
        }
    }
}

std::int64_t Session::due_ns() const {
    std::int64_t due_ns = INT64_MAX;
    for (std::size_t i = 0; i < ROUTE_COUNT; ++i) {
        const bool waits = ways_[i].state == Way::State::waiting && (i == 0 || state_ == State::ready);
        if (waits || ways_[i].state == Way::State::connecting) {
            due_ns = std::min(due_ns, ways_[i].until_ns);
        }
    }
    if (state_ == State::greeting) {
        due_ns = std::min(due_ns, answer_by_ns_);
    } else if (state_ == State::ready) {
        due_ns = std::min(due_ns, pinged_ns_ + PING_NS);
    }
    return due_ns;
}

void Session::connect(Route route) {
    way(route).state = Way::State::connecting;
    way(route).until_ns = now_ns_ + CONNECT_NS;
    output_.connect(route, way(route).port);
    if (route == Route::control) {
        state_ = State::connecting;
    }
}

void Session::close(Route route) {
    if (way(route).state == Way::State::connecting || way(route).state == Way::State::on) {
        output_.close(route);
    }
    way(route).state = Way::State::off;
    way(route).backoff.reset();
}

void Session::close_all() {
    for (std::size_t i = 0; i < ROUTE_COUNT; ++i) {
        close(static_cast<Route>(i));
    }
}

void Session::lose(Route route, const Problem& why, std::string_view code) {
    way(route).state = Way::State::waiting;
    way(route).until_ns = now_ns_ + way(route).backoff.next_ns(chance_);
    if (route != Route::control) {
        return;
    }
    problem_ = why;
    if (state_ == State::ready) {
        Notice told(Notice::Kind::lost);
        told.code = std::string(code);
        told.problem = why;
        output_.tell(std::move(told));
    }
    state_ = State::waiting;
    forget();
}

void Session::give_up(Route route, const Problem& why, std::string_view code) {
    output_.close(route);
    lose(route, why, code);
}

void Session::fail(const Problem& why, std::string_view code) {
    Notice told(Notice::Kind::refused);
    told.problem = why;
    told.code = std::string(code);
    output_.tell(std::move(told));
    close_all();
    problem_ = why;
    state_ = State::failed;
}

// ---- reading -------------------------------------------------------------------------------------------------

bool Session::got(Plane plane, std::string_view session, const TopologyId& topology_id, std::int64_t now_ns) {
    now_ns_ = now_ns;
    Npc* reader = find(session);
    if (reader == nullptr) {
        return false;
    }
    if (is_static(plane)) {
        const bool is_new = holds(reader->planes, plane) && (reader->have & bit(plane)) == 0;
        if (is_new) {
            subscribe(*reader, plane, false);
            reader->have |= bit(plane);
        }
        if (plane == Plane::mesh) {
            reader->topology_id = topology_id;
        }
        return is_new;
    }
    if ((reader->have & bit(Plane::mesh)) != 0 && topology_id != reader->topology_id) {
        reader->have = 0;
        for (const Plane one : reader->planes) {
            if (is_static(one)) {
                subscribe(*reader, one, true);
            }
        }
    }
    return true;
}

/// As far as the socket is connected; else it is done when it is.
void Session::subscribe(const Npc& reader, Plane plane, bool wanted) {
    const Route route = route_of(plane);
    if (way(route).state == Way::State::on && (reader.have & bit(plane)) == 0) {
        output_.subscribe(route, reader.session, plane, wanted);
    }
}

Session::Npc& Session::npc(std::string_view session) {
    if (Npc* known = find(session)) {
        return *known;
    }
    npcs_.emplace_back();
    npcs_.back().session = std::string(session);
    return npcs_.back();
}

Session::Npc* Session::find(std::string_view session) {
    const auto at = std::find_if(npcs_.begin(), npcs_.end(), [&](const Npc& one) { return one.session == session; });
    return at != npcs_.end() ? &*at : nullptr;
}

}  // namespace talkwire
