// Waiting for sockets, which anybody can end.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "Talkwire/Api.h"

namespace talkwire {

/// Waits for sockets, and for other threads' `wake`.
class TALKWIRECORE_API Waiter {
public:
    static constexpr std::size_t MAX_SOCKETS = 8;

    /// What to wait for, and then what is so.
    struct Interest {
        std::intptr_t handle = -1;  // of a socket of the system
        bool write = false;         // wait until it can be written, too
        bool ready = false;         // it can be read, or written where that was wanted, or is lost
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
