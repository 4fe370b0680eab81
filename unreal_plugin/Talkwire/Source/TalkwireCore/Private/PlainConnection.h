// A connection without keys: the system's TCP, and ZMTP as this core speaks it.
#pragma once

#include "Talkwire/Connection.h"
#include "Talkwire/Socket.h"
#include "Talkwire/Zmtp.h"

namespace talkwire {

class PlainConnection final : public Connection {
public:
    PlainConnection(ZmtpRole role, const Pool& pool);

    Result connect(const Address& address, std::uint16_t port) override;
    void close() override;
    bool is_open() const override { return socket_.is_open(); }
    bool is_ready() const override { return zmtp_.ready(); }
    bool send(Bytes data) override { return zmtp_.send(data); }
    bool subscribe(Bytes prefix, bool wanted) override { return zmtp_.subscribe(prefix, wanted); }
    std::size_t waiting_bytes() const override { return zmtp_.waiting().size; }
    Result flush() override;
    void finish(int) override { socket_.finish(); }
    Result receive(Block& message, std::size_t& bytes) override;
    bool has_more() override { return !left_.empty(); }
    std::size_t interests(Waiter::Interest* into) const override;

private:
    Result seen(Socket::Result result);

    Socket socket_;
    Zmtp zmtp_;
    bool is_connected_ = false;
    Buffer chunk_;  // what one look at the network gives at most
    Bytes left_;    // of it, what was not looked at
};

}  // namespace talkwire
