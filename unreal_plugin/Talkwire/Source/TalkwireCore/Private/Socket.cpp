#include "Talkwire/Socket.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

// Linux and macOS have one half of this, Windows the other. The Windows half has been written by its documentation
// (Winsock 2) and never been compiled.
#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace talkwire {

namespace {

constexpr std::int64_t NS_PER_MS = 1'000'000;
// A peer whose machine is gone is found by the system: after 2 s, 4 probes, a second apart.
constexpr int KEEPALIVE_IDLE_S = 2, KEEPALIVE_INTERVAL_S = 1, KEEPALIVE_PROBES = 4, UNHEARD_MS = 6'000;

#ifdef _WIN32

using Handle = SOCKET;
constexpr int WOULD_WAIT = WSAEWOULDBLOCK, BEGUN = WSAEWOULDBLOCK, SEND_FLAGS = 0;
using Length = int;

int last_error() { return WSAGetLastError(); }
void close_handle(Handle handle) { closesocket(handle); }

/// Once for the process; the system undoes it when that ends.
void begin_network() {
    static const int begun = [] {
        WSADATA data;
        return WSAStartup(MAKEWORD(2, 2), &data);
    }();
    (void)begun;
}

bool never_wait(Handle handle) {
    u_long yes = 1;
    return ioctlsocket(handle, FIONBIO, &yes) == 0;
}

const char* words_of(int error) {
    switch (error) {
        case WSAECONNREFUSED: return "the connection was refused";
        case WSAECONNRESET: case WSAECONNABORTED: return "the connection was reset";
        case WSAETIMEDOUT: return "no answer";
        case WSAEHOSTUNREACH: case WSAENETUNREACH: return "no way there";
        default: return "a network error";
    }
}

#else

using Handle = int;
constexpr int WOULD_WAIT = EAGAIN, BEGUN = EINPROGRESS;
#ifdef MSG_NOSIGNAL
constexpr int SEND_FLAGS = MSG_NOSIGNAL;
#else
constexpr int SEND_FLAGS = 0;  // macOS: SO_NOSIGPIPE instead
#endif
using Length = socklen_t;

int last_error() { return errno; }
void close_handle(Handle handle) { ::close(handle); }
void begin_network() {}

bool never_wait(Handle handle) {
    const int flags = fcntl(handle, F_GETFL, 0);
    return flags >= 0 && fcntl(handle, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(handle, F_SETFD, FD_CLOEXEC) == 0;
}

const char* words_of(int error) {
    switch (error) {
        case ECONNREFUSED: return "the connection was refused";
        case ECONNRESET: case EPIPE: case ECONNABORTED: return "the connection was reset";
        case ETIMEDOUT: return "no answer";
        case EHOSTUNREACH: case ENETUNREACH: return "no way there";
        case EMFILE: case ENFILE: return "too many open files";
        default: return "a network error";
    }
}

#endif

Handle handle_of(std::intptr_t handle) {
    return static_cast<Handle>(handle);
}

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

Address address_of(const sockaddr* from, std::size_t size) {
    Address address;
    address.size = static_cast<int>(std::min(size, sizeof address.bytes));
    std::memcpy(address.bytes, from, static_cast<std::size_t>(address.size));
    return address;
}

/// IPv4 first, which is what a server listens at unless it was told otherwise.
std::vector<Address> look_up(const std::string& host, int flags) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = flags;
    addrinfo* found = nullptr;
    std::vector<Address> addresses;
    if (getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) {
        return addresses;
    }
    for (const int family : {AF_INET, AF_INET6}) {
        for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
            if (one->ai_family == family) {
                addresses.push_back(address_of(one->ai_addr, static_cast<std::size_t>(one->ai_addrlen)));
            }
        }
    }
    freeaddrinfo(found);
    return addresses;
}

}  // namespace

std::string Endpoint::text() const {
    const bool colons = host.find(':') != std::string::npos;
    return "tcp://" + (colons ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool parse_endpoint(std::string_view text, Endpoint& out, Problem& problem) {
    constexpr std::string_view scheme = "tcp://";
    const std::size_t colon = text.rfind(':');
    const bool begins = text.substr(0, scheme.size()) == scheme && colon != std::string_view::npos && colon > scheme.size();
    std::string_view host = begins ? text.substr(scheme.size(), colon - scheme.size()) : std::string_view();
    const std::string_view digits = begins ? text.substr(colon + 1) : std::string_view();
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    unsigned port = 0;
    for (const char digit : digits.substr(0, 6)) {
        port = digit >= '0' && digit <= '9' ? 10 * port + static_cast<unsigned>(digit - '0') : 65'536;
        port = std::min(port, 65'536u);
    }
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    if (host.empty() || host.size() > 255 || (!bracketed && host.find(':') != std::string_view::npos) ||
        host.find('\0') != std::string_view::npos || port < 1 || port > 65'535 || digits.size() > 5) {
        return refuse(problem, Problem::Kind::link, "this is not an address to connect to", text.substr(0, 100),
                      "something like tcp://127.0.0.1:5556", "check the server's address");
    }
    out.host = std::string(host);
    out.port = static_cast<std::uint16_t>(port);
    return true;
}

// ---- names ---------------------------------------------------------------------------------------------------

struct Resolver::Answer {
    std::mutex lock;
    State state = State::asking;
    std::vector<Address> addresses;

    void give(std::vector<Address> found) {
        std::lock_guard<std::mutex> hold(lock);
        addresses = std::move(found);
        state = addresses.empty() ? State::unknown : State::known;
    }
};

Resolver::Resolver(const std::string& host) : answer_(std::make_shared<Answer>()) {
    begin_network();
    std::vector<Address> known = look_up(host == "localhost" ? "127.0.0.1" : host, AI_NUMERICHOST);
    if (!known.empty()) {
        answer_->give(std::move(known));
        return;
    }
    std::thread([answer = answer_, host] { answer->give(look_up(host, 0)); }).detach();
}

Resolver::State Resolver::state() const {
    std::lock_guard<std::mutex> hold(answer_->lock);
    return answer_->state;
}

Address Resolver::address(std::size_t attempt) const {
    std::lock_guard<std::mutex> hold(answer_->lock);
    return answer_->addresses[attempt % answer_->addresses.size()];
}

// ---- sockets -------------------------------------------------------------------------------------------------

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
    const auto got = ::recv(handle_of(handle_), reinterpret_cast<char*>(into), static_cast<int>(room), 0);
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
    const auto got = ::send(handle_of(handle_), reinterpret_cast<const char*>(data.data), static_cast<int>(data.size),
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

// ---- waiting -------------------------------------------------------------------------------------------------

#ifdef _WIN32

// select says when connecting failed, which WSAPoll of older Windows does not. It waits for sockets only, so what wakes
// it is a datagram to itself.
Waiter::Waiter() {
    begin_network();
    const Handle handle = ::socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Length size = sizeof here;
    if (handle == INVALID_SOCKET || !never_wait(handle) ||
        ::bind(handle, reinterpret_cast<const sockaddr*>(&here), size) != 0 ||
        getsockname(handle, reinterpret_cast<sockaddr*>(&here), &size) != 0 ||
        ::connect(handle, reinterpret_cast<const sockaddr*>(&here), size) != 0) {
        return;  // it then looks around every 10 ms
    }
    read_ = write_ = static_cast<std::intptr_t>(handle);
}

Waiter::~Waiter() {
    if (read_ != -1) {
        close_handle(handle_of(read_));
    }
}

void Waiter::wake() {
    if (write_ != -1 && !woken_.exchange(true)) {
        ::send(handle_of(write_), "", 1, 0);
    }
}

void Waiter::drain() {
    char byte[16];
    while (::recv(handle_of(read_), byte, sizeof byte, 0) > 0) {
    }
}

void Waiter::wait(Interest* interests, std::size_t count, std::int64_t timeout_ns) {
    fd_set readable, writable, broken;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_ZERO(&broken);
    if (read_ != -1) {
        FD_SET(handle_of(read_), &readable);
    } else {
        timeout_ns = std::min(timeout_ns, 10 * NS_PER_MS);
    }
    bool any = read_ != -1;
    for (std::size_t i = 0; i < count; ++i) {
        interests[i].ready = false;
        if (interests[i].socket->is_open()) {
            any = true;
            const Handle handle = handle_of(interests[i].socket->handle_);
            FD_SET(handle, &readable);
            FD_SET(handle, &broken);
            if (interests[i].write) {
                FD_SET(handle, &writable);
            }
        }
    }
    const std::int64_t us = std::max<std::int64_t>(0, timeout_ns) / 1000;
    if (!any) {  // select refuses to wait for nothing
        std::mutex lock;
        std::unique_lock<std::mutex> hold(lock);
        std::condition_variable().wait_for(hold, std::chrono::microseconds(us));
        return;
    }
    timeval timeout{static_cast<long>(us / 1'000'000), static_cast<long>(us % 1'000'000)};
    if (::select(0, &readable, &writable, &broken, &timeout) <= 0) {
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (interests[i].socket->is_open()) {
            const Handle handle = handle_of(interests[i].socket->handle_);
            interests[i].ready = FD_ISSET(handle, &readable) || FD_ISSET(handle, &writable) || FD_ISSET(handle, &broken);
        }
    }
    if (read_ != -1 && FD_ISSET(handle_of(read_), &readable)) {
        woken_ = false;
        drain();
    }
}

#else

Waiter::Waiter() {
    int ends[2];
    if (::pipe(ends) == 0) {
        never_wait(ends[0]);
        never_wait(ends[1]);
        read_ = ends[0];
        write_ = ends[1];
    }
}

Waiter::~Waiter() {
    if (read_ != -1) {
        close_handle(handle_of(read_));
        close_handle(handle_of(write_));
    }
}

void Waiter::wake() {
    if (write_ != -1 && !woken_.exchange(true)) {
        const char byte = 0;
        (void)!::write(handle_of(write_), &byte, 1);
    }
}

void Waiter::drain() {
    char bytes[16];
    while (::read(handle_of(read_), bytes, sizeof bytes) > 0) {
    }
}

void Waiter::wait(Interest* interests, std::size_t count, std::int64_t timeout_ns) {
    pollfd waited[MAX_SOCKETS + 1];
    nfds_t used = 0;
    if (read_ != -1) {
        waited[used++] = {handle_of(read_), POLLIN, 0};
    } else {  // no file was left for the pipe
        timeout_ns = std::min(timeout_ns, 10 * NS_PER_MS);
    }
    const nfds_t first = used;
    for (std::size_t i = 0; i < count; ++i) {
        interests[i].ready = false;
        const short events = static_cast<short>(interests[i].write ? POLLIN | POLLOUT : POLLIN);
        waited[used++] = {handle_of(interests[i].socket->handle_), events, 0};  // -1, which it leaves out, when closed
    }
    const std::int64_t ms = (std::max<std::int64_t>(0, timeout_ns) + NS_PER_MS - 1) / NS_PER_MS;
    if (::poll(waited, used, static_cast<int>(std::min<std::int64_t>(ms, 1000))) <= 0) {
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        interests[i].ready = waited[first + i].revents != 0;
    }
    if (read_ != -1 && waited[0].revents != 0) {
        woken_ = false;  // before it is emptied: who wakes it from now on writes again
        drain();
    }
}

#endif

}  // namespace talkwire
