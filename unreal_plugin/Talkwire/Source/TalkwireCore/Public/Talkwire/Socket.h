// TCP of the system, which never waits here: whatever would, says `wait`. No header of the system is included by this
// one; Socket.cpp is the only file that knows which system it is.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Problem.h"

namespace talkwire {

/// Where a server is.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    /// "tcp://host:port", "[host]" where it has colons.
    TALKWIRECORE_API std::string text() const;
};

/// Reads "tcp://127.0.0.1:5556". Fails with `link` when it is no such thing.
TALKWIRECORE_API bool parse_endpoint(std::string_view text, Endpoint& out, Problem& problem);

/// An address as the system has it, without its port.
struct Address {
    alignas(8) unsigned char bytes[28] = {};  // sockaddr_in, sockaddr_in6
    int size = 0;
};

/// What addresses a name has. Names that are addresses, and localhost, are known at once. Others are asked of the
/// system by a thread of its own, as that can take a minute and cannot be called off; who does not want the answer any
/// more just goes.
class TALKWIRECORE_API Resolver {
public:
    enum class State : std::uint8_t { asking, known, unknown };

    explicit Resolver(const std::string& host);

    State state() const;
    /// The one for this try: they take turns. Only when it is known.
    Address address(std::size_t attempt) const;

private:
    struct Answer;
    std::shared_ptr<Answer> answer_;
};

class TALKWIRECORE_API Socket {
public:
    enum class Result : std::uint8_t { done, wait, lost };

    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { close(); }

    bool is_open() const { return handle_ != NONE; }
    /// Begin to connect. `lost` when that is refused at once.
    Result connect(const Address& address, std::uint16_t port);
    /// Whether connecting has come to an end; ask when it can be written.
    Result connected();
    /// Bytes that have come. `count` of them, when done.
    Result receive(std::uint8_t* into, std::size_t room, std::size_t& count);
    /// Send what the system takes at once: `count` bytes, when done.
    Result send(Bytes data, std::size_t& count);
    /// Nothing more will be sent; what was still arrives.
    void finish();
    void close();
    /// Why it was lost, in words.
    const std::string& why() const { return why_; }

private:
    friend class Waiter;
    static constexpr std::intptr_t NONE = -1;
    Result fail(int error);

    std::intptr_t handle_ = NONE;
    std::string why_;
};

/// Waits for sockets, and for other threads' `wake`.
class TALKWIRECORE_API Waiter {
public:
    static constexpr std::size_t MAX_SOCKETS = 4;

    /// What to wait for, and then what is so.
    struct Interest {
        const Socket* socket = nullptr;
        bool write = false;   // wait until it can be written, too
        bool ready = false;   // it can be read, or written where that was wanted, or is lost
    };

    Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter();

    /// Until something is ready, somebody wakes it, or so long.
    void wait(Interest* interests, std::size_t count, std::int64_t timeout_ns);

    /// Any thread; never waits. Again before it has woken costs nothing.
    void wake();

private:
    void drain();

    std::intptr_t read_ = -1, write_ = -1;
    std::atomic<bool> woken_{false};
};

}  // namespace talkwire
