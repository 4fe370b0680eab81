// One side of a ZMTP 3 connection (RFC 23, RFC 37) without keys: bytes in, messages and answers out.
//
// Pure: no socket, no clock. What a peer announces is checked before memory is taken, and memory is taken as bytes come.
// A peer that breaks a rule is a failure, after which nothing more comes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Pool.h"
#include "Talkwire/Problem.h"

namespace talkwire {

/// What this side is in ZeroMQ's terms.
enum class ZmtpRole : std::uint8_t { dealer, sub };

class TALKWIRECORE_API Zmtp {
public:
    static constexpr std::size_t GREETING_BYTES = 64;
    static constexpr std::size_t MAX_COMMAND_BYTES = 1024;  // READY, PING, ERROR: all of them are short
    static constexpr std::size_t MAX_WAITING_BYTES = std::size_t{4} << 20;  // written, not yet taken by the network

    /// max_message_bytes: of one that comes.  pool: where messages come from.
    Zmtp(ZmtpRole role, std::size_t max_message_bytes, Pool pool);

    /// Begin anew, for a new connection.
    void reset();

    /// Take bytes that came, up to the end of a message, which is then in `message`. How many were taken: less than
    /// there are when a message is whole, and after a failure.
    std::size_t receive(Bytes data, Block& message);

    /// Write a message. False when the network has not taken what waits, or nobody is there.
    bool send(Bytes data);

    /// Read what starts with this, or read it no more. Answers as `send` does.
    bool subscribe(Bytes prefix, bool wanted);

    /// What is to be sent, until the next call.
    Bytes waiting() const { return {out_.data() + out_from_, out_.size() - out_from_}; }

    /// So much of it was.
    void sent(std::size_t bytes);

    /// Whether both sides have said who they are, and messages may go.
    bool ready() const { return ready_; }

    /// Of the peer's ZMTP 3.x, once it has greeted: from 1 on, subscriptions are commands.
    unsigned peer_minor() const { return peer_minor_; }

    /// Why this connection makes no sense any more; none while it does.
    const Problem& failure() const { return failure_; }

private:
    bool take_greeting();
    bool take_head();
    void append(Bytes data);
    void obey(Bytes command);
    void take_ready(Bytes properties);
    bool write(std::uint8_t flags, Bytes first, Bytes data);

    const ZmtpRole role_;
    const std::size_t max_message_bytes_;
    const Pool pool_;
    Problem failure_;
    bool greeted_ = false, ready_ = false;
    unsigned peer_minor_ = 0;

    std::array<std::uint8_t, GREETING_BYTES> head_{};  // of the greeting, or of a frame
    std::size_t head_size_ = 0;
    bool in_body_ = false, is_command_ = false;
    std::size_t left_ = 0;  // of the body
    Block message_;
    std::array<std::uint8_t, MAX_COMMAND_BYTES> command_{};
    std::size_t command_size_ = 0;

    Buffer out_;
    std::size_t out_from_ = 0;
};

}  // namespace talkwire
