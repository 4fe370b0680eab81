// TCP of the system, which never waits here: whatever would, says `wait`. No header of the system is included by this
// one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Resolver.h"

namespace talkwire {

class TALKWIRECORE_API Socket {
public:
    enum class Result : std::uint8_t { done, wait, lost };

    Socket() = default;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { close(); }

    bool is_open() const { return handle_ != NONE; }
    /// Of the system, to wait for.
    std::intptr_t handle() const { return handle_; }
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
    static constexpr std::intptr_t NONE = -1;
    Result fail(int error);

    std::intptr_t handle_ = NONE;
    std::string why_;
};

}  // namespace talkwire
