// A client's side of the protocol as a state machine (docs/connecting.md): connects, greets, opens NPCs, reads, speaks,
// pings, and does it all again after whatever happened to the server or the network.
//
// Pure: what has happened and the time come in, what is to be done goes to SessionOutput. The scripts in
// tests/bridge/vectors/session/ say what comes of what.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "Talkwire/Api.h"
#include "Talkwire/Backoff.h"
#include "Talkwire/ClockOffset.h"
#include "Talkwire/MessageCodec.h"
#include "Talkwire/Notice.h"
#include "Talkwire/Problem.h"
#include "Talkwire/Speaker.h"
#include "Talkwire/Time.h"

namespace talkwire {

/// One of the three connections.
enum class Route : std::uint8_t { control, media, motion };
inline constexpr std::size_t ROUTE_COUNT = 3;

/// What is read of an NPC, in the order in which it is subscribed to.
using Planes = List<Plane, PLANE_COUNT>;

/// What a client says of itself.
struct Introduction {
    std::string agent = "talkwire C++ core";
    std::vector<std::string> capabilities = {"codec:f32",  "codec:q16",   "codec:delta8",
                                             "codec:q16n", "codec:basis", "codec:arkit"};
    std::uint32_t bandwidth_kbit_s = 0;  // of one NPC; 0: enough for anything
    std::string token;
};

/// What a session has done by others. None of it waits, and none of it calls back.
class SessionOutput {
public:
    virtual ~SessionOutput() = default;
    /// Begin to connect; control has the client's own port, and 0 here.
    virtual void connect(Route route, std::uint16_t port) = 0;
    virtual void close(Route route) = 0;
    /// Send it on the control connection.
    virtual void send(Bytes message) = 0;
    /// Whether it would take another message now.
    virtual bool has_room() = 0;
    virtual void subscribe(Route route, std::string_view session, Plane plane, bool wanted) = 0;
    virtual void tell(Notice notice) = 0;
};

/// One thread calls.
class TALKWIRECORE_API Session : private SpeakerOutput {
public:
    enum class State : std::uint8_t {
        off,
        connecting,
        greeting,  // Hello was said and not answered yet
        ready,
        waiting,  // for the next try
        failed,   // the server does not want this client; nothing is tried until `start`
    };
    static constexpr std::int64_t CONNECT_NS = 5 * NS_PER_S, ANSWER_NS = 2 * NS_PER_S;
    static constexpr std::int64_t PING_NS = NS_PER_S, SILENCE_NS = 5 * NS_PER_S;

    /// chance: from 0 to 1; it makes every wait shorter by up to a quarter.
    Session(Introduction introduction, double chance, SessionOutput& output);

    // What is wished. NPCs are known by their session's name.
    void start(std::int64_t now_ns);
    void stop(std::int64_t now_ns);
    /// Have an NPC, now and after whatever happens, until it is left. Again, where it was refused or closed.
    void open(std::string_view session, std::string_view avatar, std::int64_t now_ns);
    /// Leave it; what the server has of what is said is spoken to its end.
    void leave(std::string_view session, std::int64_t now_ns);
    /// All that is to be read of it from now on. Statics are read until they are there, and again for another head.
    void read(std::string_view session, const Planes& planes, std::int64_t now_ns);
    /// Cut what it says and has waiting.
    void interrupt(std::string_view session, std::int64_t now_ns);
    /// How it speaks from now on: a Style message, whose ref does not matter. Every server that is greeted is told.
    void style(std::string_view session, Bytes message, std::int64_t now_ns);
    /// The same from sample pts of something that is said.
    void style(std::uint32_t say, std::uint64_t pts, Block message, std::int64_t now_ns);
    /// Have an avatar ready, or give its memory back.
    void load(std::string_view avatar, bool wanted, std::int64_t now_ns);
    /// say: the game's own number for what is said, another one each time.
    void say(std::string_view session, std::uint32_t say, std::uint32_t rate_hz, SampleFormat format, Sound sound,
             bool ended, std::int64_t now_ns);
    void more(std::uint32_t say, Sound sound, bool ended, std::int64_t now_ns);

    // What has happened.
    void connected(Route route, std::int64_t now_ns);
    /// It broke, or did not come about.
    void lost(Route route, const Problem& why, std::int64_t now_ns);
    /// The connection speaks something that no other try will make better.
    void hopeless(const Problem& why, std::int64_t now_ns);
    /// A message of the control connection.
    void received(Bytes message, std::int64_t now_ns);
    /// A mesh, texture, basis, or something of a moment came. False for a repeat that somebody else asked for.
    bool got(Plane plane, std::string_view session, const TopologyId& topology_id, std::int64_t now_ns);
    /// Time has passed; what had arrived was taken before.
    void tick(std::int64_t now_ns);
    /// When tick will have something to do.
    std::int64_t due_ns() const;
    /// There is room to send again.
    void pump() { speaker_.pump(); }

    State state() const { return state_; }
    /// Why it is not ready; none when it is, or nothing was tried yet.
    const Problem& problem() const { return problem_; }
    /// Add it to the server's time to get this client's; 0 until it is known.
    std::int64_t offset_ns() const { return offset_.ns(); }
    /// The share of its time that the server works, and how many steps of quality it saves.
    double load_share() const { return load_; }
    unsigned level() const { return level_; }
    /// Messages of the server that were none.
    std::uint64_t misread() const { return misread_; }
    const Speaker& speaker() const { return speaker_; }

private:
    /// One of the three connections.
    struct Way {
        enum class State : std::uint8_t { off, connecting, on, waiting };
        State state = State::off;
        std::uint16_t port = 0;
        Backoff backoff;
        std::int64_t until_ns = 0;  // of connecting or waiting
    };
    /// What is wished of one NPC, and what is known of it.
    struct Npc {
        std::string session, avatar;
        bool is_wanted = false;  // else it is read, not opened
        Planes planes;
        std::uint32_t have = 0;  // statics, a bit for each plane
        TopologyId topology_id;
        bool is_open = false;
        Buffer style;
    };
    enum class Asked : std::uint8_t { open, close, interrupt, style, load, unload };
    /// A request that was not answered. about: the avatar.
    struct Request {
        std::uint32_t ref = 0;  // 0: it waits for a server
        Asked kind = Asked::open;
        std::string session, avatar;
    };

    std::uint32_t send_begin(std::string_view session, std::uint32_t line, std::uint32_t rate_hz) override;
    std::uint32_t send_chunk(std::string_view session, std::uint32_t line, SampleFormat format,
                             Bytes samples) override;
    std::uint32_t send_end(std::string_view session, std::uint32_t line) override;
    std::uint32_t send_style(std::string_view session, std::uint32_t line, std::uint64_t pts, Bytes message) override;
    bool has_room() override;
    void tell_line(const std::string& session, std::uint32_t say, SpeechState state, std::uint64_t played,
                   std::uint32_t utterance) override;

    void connect(Route route);
    void close(Route route);
    void close_all();
    void lose(Route route, const Problem& why, std::string_view code);
    void give_up(Route route, const Problem& why, std::string_view code);
    void fail(const Problem& why, std::string_view code);
    void greet();
    void forget();
    void take(const Welcome& welcome);
    void take(const Opened& opened);
    void take(const Interrupted& interrupted);
    void take(const Pong& pong);
    void take(const Closed& closed);
    void take(const Error& error);
    void ping();
    void ask(Asked kind, std::string_view session, std::string_view avatar);
    void remember(Request request);
    std::uint32_t send_request(const Request& request);
    bool answered(std::uint32_t ref, Request& request);
    void subscribe(const Npc& npc, Plane plane, bool wanted);
    Npc& npc(std::string_view session);
    Npc* find(std::string_view session);
    template <class Message>
    std::uint32_t send(Message message);
    Way& way(Route route) { return ways_[static_cast<std::size_t>(route)]; }

    const Introduction introduction_;
    const double chance_;
    SessionOutput& output_;
    Speaker speaker_;
    State state_ = State::off;
    Problem problem_;
    std::array<Way, ROUTE_COUNT> ways_;
    std::vector<Npc> npcs_;
    std::vector<Request> asked_;
    std::uint32_t ref_ = 0, hello_ref_ = 0;
    std::int64_t now_ns_ = 0, answer_by_ns_ = 0, pinged_ns_ = 0;
    std::int64_t unanswered_ns_ = 0;  // the first ping since the server was heard; 0: none
    std::int64_t forgotten_ns_ = -PING_NS;  // when the server said last that it does not know this client
    bool has_run_ = false;
    std::string run_;
    ClockOffset offset_;
    double load_ = 0;
    unsigned level_ = 0;
    std::uint64_t misread_ = 0;
    Control in_;
    Buffer out_;
};

}  // namespace talkwire
