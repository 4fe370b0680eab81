// What a session says to a server, and what it makes of the answers.
#include "Talkwire/Session.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace talkwire {

namespace {

constexpr std::size_t MAX_ASKED = 256;  // requests that wait for an answer; what was asked before is given up
constexpr const char* REQUEST_NAMES[] = {Open::name, Close::name, Interrupt::name, Style::name, Load::name, Unload::name};

Problem problem_of(const Error& error) {
    Problem problem;
    const Problem::Kind kind = error.code == "version"    ? Problem::Kind::version
                               : error.code == "greet"    ? Problem::Kind::greet
                               : error.code == "denied"   ? Problem::Kind::denied
                               : error.code == "protocol" ? Problem::Kind::protocol
                               : error.code == "link"     ? Problem::Kind::link
                                                          : Problem::Kind::server;
    refuse(problem, kind, error.what, error.seen, error.wanted, error.cure);
    return problem;
}

}  // namespace

void Session::greet() {
    state_ = State::greeting;
    answer_by_ns_ = now_ns_ + ANSWER_NS;
    forget();
    Hello hello;
    hello.agent = introduction_.agent;
    hello.bandwidth_kbit_s = introduction_.bandwidth_kbit_s;
    hello.token = introduction_.token;
    for (const std::string& capability : introduction_.capabilities) {
        hello.capabilities.add(capability);
    }
    hello_ref_ = send(hello);
}

/// What one greeting held.
void Session::forget() {
    unanswered_ns_ = 0;
    offset_.forget();
    for (Npc& one : npcs_) {
        one.is_open = false;
    }
    speaker_.stand();
}

void Session::received(Bytes message, std::int64_t now_ns) {
    now_ns_ = now_ns;
    Problem problem;
    if (!decode_control(message, Sender::server, in_, problem)) {
        ++misread_;
        if (problem.kind == Problem::Kind::version) {
            fail(problem, word(problem.kind));
        } else {
            Notice told(Notice::Kind::error);
            told.code = word(problem.kind);
            told.problem = problem;
            output_.tell(std::move(told));
        }
        return;
    }
    unanswered_ns_ = 0;
    Request request;
    if (const auto* welcome = std::get_if<Welcome>(&in_)) {
        take(*welcome);
    } else if (const auto* error = std::get_if<Error>(&in_)) {
        take(*error);
    } else if (const auto* progress = std::get_if<Progress>(&in_)) {
        speaker_.progress(*progress);
    } else if (const auto* pong = std::get_if<Pong>(&in_)) {
        take(*pong);
    } else if (const auto* closed = std::get_if<Closed>(&in_)) {
        take(*closed);
    } else if (const auto* opened = std::get_if<Opened>(&in_)) {
        take(*opened);
    } else if (const auto* interrupted = std::get_if<Interrupted>(&in_)) {
        take(*interrupted);
    } else if (const auto* styled = std::get_if<Styled>(&in_)) {
        answered(styled->ref, request);
    } else if (const auto* loaded = std::get_if<Loaded>(&in_)) {
        answered(loaded->ref, request);
    } else if (const auto* unloaded = std::get_if<Unloaded>(&in_)) {
        answered(unloaded->ref, request);
    }
}

void Session::take(const Welcome& welcome) {
    if (state_ != State::greeting || welcome.ref != hello_ref_) {
        return;
    }
    Notice told(Notice::Kind::welcome);
    told.restarted = has_run_ && welcome.run != run_;
    told.run = run_ = std::string(welcome.run);
    const bool restarted = told.restarted;
    has_run_ = true;
    problem_ = Problem();
    state_ = State::ready;
    way(Route::control).backoff.reset();
    output_.tell(std::move(told));
    speaker_.resume(restarted);
    for (const Route route : {Route::media, Route::motion}) {
        const std::uint16_t port = route == Route::media ? welcome.media_port : welcome.motion_port;
        if (way(route).port != port) {
            close(route);
        }
        way(route).port = port;
        if (way(route).state == Way::State::off || way(route).state == Way::State::waiting) {
            connect(route);
        }
    }
    ping();
    std::vector<Request> again = std::exchange(asked_, {});
    for (const Npc& one : npcs_) {
        if (one.is_wanted) {
            ask(Asked::open, one.session, one.avatar);
        }
    }
    for (const Request& request : again) {
        // Who is open is told its style then; who was left is not there for another greeting.
        if (request.kind != Asked::open && request.kind != Asked::close && request.kind != Asked::style) {
            ask(request.kind, request.session, request.avatar);
        }
    }
}

void Session::take(const Error& error) {
    if (error.code == "greet") {
        if (state_ != State::ready || error.ref < hello_ref_) {
            return;  // what was sent before it was greeted is answered by as many of them
        }
        if (now_ns_ - forgotten_ns_ < PING_NS) {  // it forgets whom it welcomes: ask less often
            give_up(Route::control, problem_of(error), error.code);
            return;
        }
        forgotten_ns_ = now_ns_;
        greet();
        return;
    }
    const Problem problem = problem_of(error);
    if (error.ref == hello_ref_ && state_ == State::greeting) {
        if (error.code == "version" || error.code == "denied") {
            fail(problem, error.code);
        } else {
            give_up(Route::control, problem, error.code);
        }
        return;
    }
    Request request;
    const bool known = answered(error.ref, request);
    speaker_.refused(error.ref);
    Notice told(Notice::Kind::error);
    told.code = std::string(error.code);
    told.problem = problem;
    if (known) {
        told.of = REQUEST_NAMES[static_cast<std::size_t>(request.kind)];
        told.session = request.session;
        told.avatar = request.avatar;
    }
    output_.tell(std::move(told));
}

void Session::take(const Opened& opened) {
    Request request;
    if (!answered(opened.ref, request)) {
        return;
    }
    Npc* one = find(opened.session);
    if (one == nullptr) {
        return;  // it was left meanwhile
    }
    one->is_open = true;
    Notice told(Notice::Kind::opened);
    told.session = one->session;
    told.avatar = std::string(opened.avatar);
    if (!plane_of(opened.frames, told.frames)) {
        told.frames = Plane::frame_q16;  // which every server has
    }
    output_.tell(std::move(told));
    if (!one->style.empty()) {
        ask(Asked::style, one->session, {});
    }
    speaker_.open(opened.session, opened.max_queued_s);
}

void Session::take(const Interrupted& interrupted) {
    Request request;
    if (answered(interrupted.ref, request)) {
        Notice told(Notice::Kind::interrupted);
        told.session = std::string(interrupted.session);
        told.generation = interrupted.generation;
        output_.tell(std::move(told));
    }
}

void Session::take(const Pong& pong) {
    load_ = pong.load;
    level_ = pong.level;
    offset_.measure(static_cast<std::int64_t>(pong.client_ns), static_cast<std::int64_t>(pong.server_ns), now_ns_);
}

void Session::take(const Closed& closed) {
    Request request;
    if (closed.ref != 0) {
        answered(closed.ref, request);
        return;
    }
    if (Npc* one = find(closed.session)) {
        one->is_open = false;
    }
    speaker_.interrupt(closed.session);
    speaker_.close(closed.session);
    Notice told(Notice::Kind::closed);
    told.session = std::string(closed.session);
    output_.tell(std::move(told));
}

void Session::ping() {
    pinged_ns_ = now_ns_;
    unanswered_ns_ = unanswered_ns_ != 0 ? unanswered_ns_ : now_ns_;
    Ping message;
    message.client_ns = static_cast<std::uint64_t>(now_ns_);
    send(message);
}

/// Now, or when a server has been greeted. What was asked and not answered is asked again then.
void Session::ask(Asked kind, std::string_view session, std::string_view avatar) {
    Request request{0, kind, std::string(session), std::string(avatar)};
    if (state_ == State::ready) {
        request.ref = send_request(request);
    }
    remember(std::move(request));
}

void Session::remember(Request request) {
    if (asked_.size() == MAX_ASKED) {
        asked_.erase(asked_.begin());
    }
    asked_.push_back(std::move(request));
}

std::uint32_t Session::send_request(const Request& request) {
    Style style;
    Problem problem;
    Npc* one = nullptr;
    switch (request.kind) {
        case Asked::open: return send(Open{0, request.session, request.avatar});
        case Asked::close: return send(Close{0, request.session});
        case Asked::interrupt: return send(Interrupt{0, request.session});
        case Asked::load: return send(Load{0, request.avatar});
        case Asked::unload: return send(Unload{0, request.avatar});
        case Asked::style: break;
    }
    one = find(request.session);
    if (one == nullptr || !decode(one->style, style, problem)) {
        return 0;
    }
    style.session = one->session;
    return send(style);
}

/// Whether there was such a request; it is none any more.
bool Session::answered(std::uint32_t ref, Request& request) {
    const auto at = std::find_if(asked_.begin(), asked_.end(),
                                 [ref](const Request& one) { return ref != 0 && one.ref == ref; });
    if (at == asked_.end()) {
        return false;
    }
    request = std::move(*at);
    asked_.erase(at);
    return true;
}

/// Numbers a message, and sends it.
template <class Message>
std::uint32_t Session::send(Message message) {
    ref_ = ref_ == UINT32_MAX ? 1 : ref_ + 1;  // 0 is nobody's
    message.ref = ref_;
    out_.clear();
    Problem problem;
    if (encode(message, out_, problem)) {
        output_.send(out_);
    }
    return ref_;
}

// ---- lines ---------------------------------------------------------------------------------------------------

std::uint32_t Session::send_begin(std::string_view session, std::uint32_t line, std::uint32_t rate_hz) {
    return send(Begin{0, session, line, rate_hz});
}

std::uint32_t Session::send_chunk(std::string_view session, std::uint32_t line, SampleFormat format, Bytes samples) {
    if (format == SampleFormat::s16) {
        return send(ChunkS16{0, session, line, samples});
    }
    return send(ChunkF32{0, session, line, samples});
}

std::uint32_t Session::send_end(std::string_view session, std::uint32_t line) {
    return send(End{0, session, line});
}

std::uint32_t Session::send_style(std::string_view session, std::uint32_t line, std::uint64_t pts, Bytes message) {
    Style style;
    Problem problem;
    if (!decode(message, style, problem)) {
        return 0;
    }
    style.session = session;
    style.line = line;
    style.pts = pts;
    const std::uint32_t ref = send(style);
    remember({ref, Asked::style, std::string(session), {}});
    return ref;
}

bool Session::has_room() {
    return output_.has_room();
}

void Session::tell_line(const std::string& session, std::uint32_t say, SpeechState state, std::uint64_t played,
                        std::uint32_t utterance) {
    Notice told(Notice::Kind::line);
    told.session = session;
    told.say = say;
    told.state = state;
    told.played_samples = played;
    told.utterance = utterance;
    if (const auto* error = std::get_if<Error>(&in_); error != nullptr && state == SpeechState::refused) {
        told.problem = problem_of(*error);  // which is what is being taken
    }
    output_.tell(std::move(told));
}

}  // namespace talkwire
