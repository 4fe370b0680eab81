#include "PlainConnection.h"

#include "Talkwire/Limits.h"

namespace talkwire {

namespace {

constexpr std::size_t CHUNK_BYTES = 64 * 1024;

}  // namespace

PlainConnection::PlainConnection(ZmtpRole role, const Pool& pool) : zmtp_(role, MAX_MEDIA_BYTES, pool), chunk_(CHUNK_BYTES) {}

Connection::Result PlainConnection::connect(const Address& address, std::uint16_t port) {
    close();
    failure_ = Problem();
    const Socket::Result result = socket_.connect(address, port);
    is_connected_ = result == Socket::Result::done;
    return seen(result);
}

void PlainConnection::close() {
    socket_.close();
    zmtp_.reset();
    is_connected_ = false;
    left_ = {};
}

Connection::Result PlainConnection::flush() {
    while (is_connected_ && socket_.is_open() && !zmtp_.waiting().empty()) {
        std::size_t count = 0;
        const Socket::Result result = socket_.send(zmtp_.waiting(), count);
        if (result != Socket::Result::done) {
            return seen(result);
        }
        zmtp_.sent(count);
    }
    return Result::done;
}

Connection::Result PlainConnection::receive(Block& message, std::size_t& bytes) {
    bytes = 0;
    if (!is_connected_) {
        const Socket::Result result = socket_.connected();
        is_connected_ = result == Socket::Result::done;
        return seen(result);
    }
    if (left_.empty()) {
        std::size_t count = 0;
        const Socket::Result result = socket_.receive(chunk_.data(), chunk_.size(), count);
        if (result != Socket::Result::done) {
            return seen(result);
        }
        left_ = {chunk_.data(), count};
    }
    bytes = zmtp_.receive(left_, message);
    left_ = left_.part(bytes);
    failure_ = zmtp_.failure();
    return failure_ ? Result::lost : Result::done;
}

std::size_t PlainConnection::interests(Waiter::Interest* into) const {
    if (!is_open()) {
        return 0;
    }
    *into = {socket_.handle(), !is_connected_ || !zmtp_.waiting().empty(), false};
    return 1;
}

Connection::Result PlainConnection::seen(Socket::Result result) {
    if (result == Socket::Result::lost) {
        why_ = socket_.why();
    }
    if (result == Socket::Result::lost && is_connected_ && !is_ready()) {  // a server with keys may say no more than this
        refuse(failure_, Problem::Kind::link, "the server hangs up in the handshake", why_, "a talkwire server without keys",
               "check the address; if the server has keys, give Key and ServerKey");
    }
    return result == Socket::Result::done ? Result::done : result == Socket::Result::wait ? Result::wait : Result::lost;
}

}  // namespace talkwire
