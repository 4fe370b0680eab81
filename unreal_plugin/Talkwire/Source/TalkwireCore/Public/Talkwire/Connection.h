// One connection to a server, encrypted or not: what is to be sent goes in, messages come out. It never waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Pool.h"
#include "Talkwire/Problem.h"
#include "Talkwire/Resolver.h"
#include "Talkwire/Waiter.h"

namespace talkwire {

class TALKWIRECORE_API Connection {
public:
    enum class Result : std::uint8_t { done, wait, lost };
    static constexpr std::size_t MAX_INTERESTS = 2;

    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    virtual ~Connection() = default;

    /// Begin to connect, anew. `lost` when that is refused at once.
    virtual Result connect(const Address& address, std::uint16_t port) = 0;
    virtual void close() = 0;
    virtual bool is_open() const = 0;
    /// Whether both sides have said who they are, and messages may go.
    virtual bool is_ready() const = 0;

    /// Have a message sent. False when the network has not taken what waits, or nobody is there.
    virtual bool send(Bytes data) = 0;
    /// Read what starts with this, or read it no more. Answers as `send` does.
    virtual bool subscribe(Bytes prefix, bool wanted) = 0;
    /// Of what is to be sent, what the network has not taken.
    virtual std::size_t waiting_bytes() const = 0;
    /// Give the network what it takes. `wait` when something is left.
    virtual Result flush() = 0;
    /// Nothing more will be sent; what was still arrives, within so long. Then close, or receive until it is lost.
    virtual void finish(int most_ms) = 0;

    /// One step of a handshake, or of a message; that is in `message` when it is whole. bytes: how many came. `wait`
    /// when there is nothing.
    virtual Result receive(Block& message, std::size_t& bytes) = 0;
    /// Whether there is something to receive or to flush of which waiting would not tell.
    virtual bool has_more() = 0;
    /// What to wait for: up to MAX_INTERESTS. How many there are.
    virtual std::size_t interests(Waiter::Interest* into) const = 0;

    /// When it is lost: what is wrong with the peer; none where it has just gone, for which there are words.
    const Problem& failure() const { return failure_; }
    const std::string& why() const { return why_; }

protected:
    Problem failure_;
    std::string why_;
};

}  // namespace talkwire
