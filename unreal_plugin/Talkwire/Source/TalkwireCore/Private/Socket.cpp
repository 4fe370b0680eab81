#include "Talkwire/Socket.h"

#include <cstring>

#include "System.h"

namespace talkwire {

namespace {

// A peer whose machine is gone is found by the system: after 2 s, 4 probes, a second apart.
constexpr int KEEPALIVE_IDLE_S = 2, KEEPALIVE_INTERVAL_S = 1, KEEPALIVE_PROBES = 4, UNHEARD_MS = 6'000;

void set(Handle handle, int level, int name, int value) {
    setsockopt(handle, level, name, reinterpret_cast<const char*>(&value), static_cast<Length>(sizeof value));
}

void tune(Handle handle) {
    set(handle, IPPROTO_TCP, TCP_NODELAY, 1);
    set(handle, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
    set(handle, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
#endif
#ifdef TCP_KEEPINTVL
    set(handle, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set(handle, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
#endif
#ifdef TCP_USER_TIMEOUT
    set(handle, IPPROTO_TCP, TCP_USER_TIMEOUT, UNHEARD_MS);
#endif
#ifdef SO_NOSIGPIPE
    set(handle, SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
}

/// A try at a port of this machine that nobody listens at can meet itself, where that port is one of those that the
/// system gives away (RFC 9293, 3.5: simultaneous open).
bool met_itself(Handle handle) {
    sockaddr_storage here{}, there{};
    Length here_size = sizeof here, there_size = sizeof there;
    return getsockname(handle, reinterpret_cast<sockaddr*>(&here), &here_size) == 0 &&
           getpeername(handle, reinterpret_cast<sockaddr*>(&there), &there_size) == 0 && here_size == there_size &&
           std::memcmp(&here, &there, static_cast<std::size_t>(here_size)) == 0;
}

}  // namespace

Socket::Result Socket::connect(const Address& address, std::uint16_t port) {
    close();
    sockaddr_storage to{};
    std::memcpy(&to, address.bytes, static_cast<std::size_t>(address.size));
    if (to.ss_family == AF_INET) {
        reinterpret_cast<sockaddr_in*>(&to)->sin_port = htons(port);
    } else {
        reinterpret_cast<sockaddr_in6*>(&to)->sin6_port = htons(port);
    }
    const Handle handle = ::socket(to.ss_family, SOCK_STREAM, IPPROTO_TCP);
    handle_ = static_cast<std::intptr_t>(handle);
    if (handle_ == NONE || !never_wait(handle)) {
        return fail(last_error());
    }
    tune(handle);
    if (::connect(handle, reinterpret_cast<const sockaddr*>(&to), static_cast<Length>(address.size)) == 0) {
        return connected();
    }
    const int error = last_error();
    return error == BEGUN ? Result::wait : fail(error);
}

Socket::Result Socket::connected() {
    int error = 0;
    Length size = sizeof error;
    if (getsockopt(handle_of(handle_), SOL_SOCKET, SO_ERROR, reinterpret_cast<char*>(&error), &size) != 0) {
        error = last_error();
    }
    if (error != 0) {
        return fail(error);
    }
    sockaddr_storage there{};
    Length there_size = sizeof there;
    if (getpeername(handle_of(handle_), reinterpret_cast<sockaddr*>(&there), &there_size) != 0) {
        return Result::wait;
    }
    if (met_itself(handle_of(handle_))) {
        close();
        why_ = "nobody listens there";
        return Result::lost;
    }
    return Result::done;
}

Socket::Result Socket::receive(std::uint8_t* into, std::size_t room, std::size_t& count) {
    const auto got = ::recv(handle_of(handle_), reinterpret_cast<char*>(into), static_cast<Count>(room), 0);
    if (got > 0) {
        count = static_cast<std::size_t>(got);
        return Result::done;
    }
    if (got == 0) {
        close();
        why_ = "the server closed the connection";
        return Result::lost;
    }
    const int error = last_error();
    return error == WOULD_WAIT ? Result::wait : fail(error);
}

Socket::Result Socket::send(Bytes data, std::size_t& count) {
    const auto got = ::send(handle_of(handle_), reinterpret_cast<const char*>(data.data), static_cast<Count>(data.size),
                            SEND_FLAGS);
    if (got >= 0) {
        count = static_cast<std::size_t>(got);
        return Result::done;
    }
    const int error = last_error();
    return error == WOULD_WAIT ? Result::wait : fail(error);
}

void Socket::finish() {
    if (is_open()) {
#ifdef _WIN32
        ::shutdown(handle_of(handle_), SD_SEND);
#else
        ::shutdown(handle_of(handle_), SHUT_WR);
#endif
    }
}

void Socket::close() {
    if (is_open()) {
        close_handle(handle_of(handle_));
        handle_ = NONE;
    }
}

Socket::Result Socket::fail(int error) {
    close();
    why_ = words_of(error);
    return Result::lost;
}

}  // namespace talkwire
