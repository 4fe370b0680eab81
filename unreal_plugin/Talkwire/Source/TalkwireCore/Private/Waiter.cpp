#include "Talkwire/Waiter.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "System.h"
#include "Talkwire/Time.h"

namespace talkwire {

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
        any = true;
        const Handle handle = handle_of(interests[i].handle);
        FD_SET(handle, &readable);
        FD_SET(handle, &broken);
        if (interests[i].write) {
            FD_SET(handle, &writable);
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
        const Handle handle = handle_of(interests[i].handle);
        interests[i].ready = FD_ISSET(handle, &readable) || FD_ISSET(handle, &writable) || FD_ISSET(handle, &broken);
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
        waited[used++] = {handle_of(interests[i].handle), events, 0};
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
