// What the sockets' files know of the system. They alone include it.
#pragma once

#include <cstddef>
#include <cstdint>

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

#ifdef _WIN32

using Handle = SOCKET;
constexpr int WOULD_WAIT = WSAEWOULDBLOCK, BEGUN = WSAEWOULDBLOCK, SEND_FLAGS = 0;
using Length = int;  // of an address
using Count = int;   // of bytes

inline int last_error() { return WSAGetLastError(); }
inline void close_handle(Handle handle) { closesocket(handle); }

/// Once for the process; the system undoes it when that ends.
inline void begin_network() {
    static const int begun = [] {
        WSADATA data;
        return WSAStartup(MAKEWORD(2, 2), &data);
    }();
    (void)begun;
}

inline bool never_wait(Handle handle) {
    u_long yes = 1;
    return ioctlsocket(handle, FIONBIO, &yes) == 0;
}

inline const char* words_of(int error) {
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
using Count = std::size_t;

inline int last_error() { return errno; }
inline void close_handle(Handle handle) { ::close(handle); }
inline void begin_network() {}

inline bool never_wait(Handle handle) {
    const int flags = fcntl(handle, F_GETFL, 0);
    return flags >= 0 && fcntl(handle, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(handle, F_SETFD, FD_CLOEXEC) == 0;
}

inline const char* words_of(int error) {
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

inline Handle handle_of(std::intptr_t handle) {
    return static_cast<Handle>(handle);
}

}  // namespace talkwire
