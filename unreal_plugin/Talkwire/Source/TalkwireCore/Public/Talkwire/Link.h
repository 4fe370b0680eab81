// The thread that owns the three connections to one server, whatever the number of NPCs.
//
// The game's side of it only appends to a queue and takes from others, under locks that are held to move pointers. The
// thread itself never waits for anything but the moment when there is something to do, so that it ends at once when it
// is told to, whatever the network does.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "Talkwire/Api.h"
#include "Talkwire/Connection.h"
#include "Talkwire/Endpoint.h"
#include "Talkwire/Inbox.h"
#include "Talkwire/Keys.h"
#include "Talkwire/Pool.h"
#include "Talkwire/Resolver.h"
#include "Talkwire/Session.h"
#include "Talkwire/Waiter.h"

namespace talkwire {

/// The clock that everything is stamped with: monotonic, in ns.
TALKWIRECORE_API std::int64_t clock_ns();

/// What is read of an NPC.
struct Reading {
    bool suggested = true;        // frames as the server suggests for this client, else:
    std::optional<Plane> frames;  // by distance, say; none: out of sight
    bool sound = true;            // audio and events
    bool mesh = true;             // mesh and texture, and the basis where frames need it
    bool patches = true;          // how the texture changes, where it does
    ImageFormat pictures = ImageFormat::jpeg;  // of both: bc1 for a card; rgb: the changes without loss, for this machine
    bool visemes = false;
};

/// One NPC as the game and the thread share it.
struct Slot {
    explicit Slot(std::string name) : session(std::move(name)), inbox(std::make_shared<Inbox>()) {}

    const std::string session;
    const std::shared_ptr<Inbox> inbox;
    std::atomic<bool> is_open{false};

    // The game's own.
    bool is_left = false;
    Buffer message;

    // The thread's own.
    Reading reading;
    std::optional<Plane> suggested;
    bool is_changed = false;  // what is to be read, since the session was told
    Block style;              // that the session was not told yet
    std::int64_t styled_ns = 0;
};

/// Something that the game wishes.
struct Wish {
    enum class Kind : std::uint8_t { open, leave, read, interrupt, style, load, unload, say, more };

    Kind kind = Kind::open;
    std::shared_ptr<Slot> slot;
    std::string avatar;
    Reading reading;
    Block style;
    std::uint32_t say = 0, rate_hz = 0;
    std::uint64_t pts = 0;  // of a style in what is said
    SampleFormat format = SampleFormat::s16;
    Sound sound;
    bool ended = false;
};

/// How the connection is.
struct Status {
    Session::State state = Session::State::off;
    Problem problem;             // why it is not ready
    std::int64_t offset_ns = 0;  // add it to the server's time to get this client's
    double load_share = 0;       // of the server's time that it works
    unsigned level = 0;          // how many steps of quality it saves
    std::uint64_t messages = 0, bytes = 0;  // that came
    std::uint64_t misread = 0;   // messages that were none
    std::uint64_t connections = 0;  // that came about
};

class TALKWIRECORE_API Link : private SessionOutput {
public:
    static constexpr std::size_t MAX_WISHES = 4'096;  // that wait for the thread
    static constexpr std::size_t MAX_NOTICES = 1'024;  // that wait for the game; the oldest go
    static constexpr std::size_t MAX_KEPT_BYTES = std::size_t{256} << 20;  // of sound that is to be said

    /// keys: none, for a server that has none; some, only where the build can (see Client).
    Link(Endpoint endpoint, Introduction introduction, const CurveKeys& keys = {});
    ~Link() override { stop(); }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    void start();
    /// Leaves, and ends the thread: within 200 ms, whatever the network does. For good.
    void stop();

    // The game's. None of it waits.
    /// False when too much waits, as it does after `stop`.
    bool post(Wish wish);
    /// What happened, in order; false when all is told.
    bool notice(Notice& next);
    Status status() const;
    // Of it, without taking memory: what a game asks with every frame.
    Session::State state() const { return state_; }
    std::int64_t offset_ns() const { return offset_ns_; }
    /// Whether so many more bytes of sound may be said.
    bool has_room_for(std::size_t bytes) const { return kept_bytes_ + posted_bytes_ + bytes <= MAX_KEPT_BYTES; }
    /// A number for something that is said.
    std::uint32_t next_say() { return ++says_; }
    const Pool& pool() const { return pool_; }

private:
    static constexpr Route ROUTES[] = {Route::control, Route::media, Route::motion};

    /// One connection.
    struct Wire {
        enum class State : std::uint8_t { off, resolving, connecting, on };
        State state = State::off;
        std::uint16_t port = 0;
        std::unique_ptr<Connection> connection;
    };
    /// Messages of one connection: the server ignores who sends more than 1,000 a second, or 4,000 at once.
    struct Allowance {
        static constexpr double PER_S = 800, AT_ONCE = 3'000;
        double left = AT_ONCE;
        std::int64_t since_ns = 0;
        void refill(std::int64_t now_ns);
    };

    void connect(Route route, std::uint16_t port) override;
    void close(Route route) override;
    void send(Bytes message) override;
    bool has_room() override;
    void subscribe(Route route, std::string_view session, Plane plane, bool wanted) override;
    void tell(Notice notice) override;

    void run();
    void obey(Wish& wish);
    void leave();
    void await_end(Connection& last);
    void say_what_is_read();
    bool say_styles();
    void take_turn();
    void take_wishes();
    void wait(std::int64_t longest_ns);
    void begin(Route route);
    void receive(Route route);
    void take(Route route, Block message);
    void deliver(Block part);
    void flush(Route route);
    void hang_up(Route route);
    void lose(Route route);
    void lose(Route route, std::string_view seen);
    void publish();
    Slot* find(std::string_view session);
    Wire& wire(Route route) { return wires_[static_cast<std::size_t>(route)]; }
    Connection& connection(Route route) { return *wire(route).connection; }

    const Endpoint endpoint_;
    const Pool pool_;
    Waiter waiter_;
    std::thread thread_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint32_t> says_{0};
    std::atomic<Session::State> state_{Session::State::off};
    std::atomic<std::int64_t> offset_ns_{0};

    mutable std::mutex lock_;  // of what follows
    std::vector<Wish> posted_;
    std::deque<Notice> notices_;
    Status status_;
    std::atomic<std::size_t> kept_bytes_{0}, posted_bytes_{0};  // of sound that is to be said

    // The thread's own.
    Session session_;
    std::array<Wire, ROUTE_COUNT> wires_;
    std::optional<Resolver> resolver_;
    std::size_t tries_ = 0;
    Address address_;
    Allowance allowance_;
    bool starved_ = false;  // sound waits for room
    std::vector<std::shared_ptr<Slot>> slots_;
    std::vector<Wish> wishes_;
    std::uint64_t messages_ = 0, bytes_ = 0, misread_ = 0, connections_ = 0;
    std::int64_t now_ns_ = 0;
    Buffer topic_;
};

}  // namespace talkwire
