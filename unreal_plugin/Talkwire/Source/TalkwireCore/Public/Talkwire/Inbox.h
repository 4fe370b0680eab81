// What has arrived for one NPC and waits for the game: put there by the network's thread, taken by the game's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "Talkwire/Api.h"
#include "Talkwire/MessageCodec.h"
#include "Talkwire/Pool.h"

namespace talkwire {

/// One message, and the bytes that it is a view of.
struct Arrival {
    Media media;
    Block part;
    std::int64_t arrived_ns = 0;
    Arrival* next = nullptr;
};

class Inbox;

/// All that waited, in order; it goes back when this does. Range-for gives each Arrival.
class TALKWIRECORE_API Arrivals {
public:
    class Iterator {
    public:
        explicit Iterator(const Arrival* at) : at_(at) {}
        const Arrival& operator*() const { return *at_; }
        Iterator& operator++() {
            at_ = at_->next;
            return *this;
        }
        bool operator!=(const Iterator& other) const { return at_ != other.at_; }

    private:
        const Arrival* at_;
    };

    Arrivals() = default;
    Arrivals(Arrivals&& other) noexcept : inbox_(std::move(other.inbox_)), first_(std::exchange(other.first_, nullptr)) {}
    Arrivals& operator=(Arrivals&&) = delete;
    ~Arrivals();

    Iterator begin() const { return Iterator(first_); }
    Iterator end() const { return Iterator(nullptr); }

private:
    friend class Inbox;
    Arrivals(std::shared_ptr<Inbox> inbox, Arrival* first) : inbox_(std::move(inbox)), first_(first) {}

    std::shared_ptr<Inbox> inbox_;
    Arrival* first_ = nullptr;
};

/// Where the game does not take what comes, newest wins on motion: the oldest frames go. Sound and events wait, as far
/// as the limits of the wire; beyond, `pts` shows the gap. Of a mesh, texture or basis the newest waits. The lock is
/// held to move pointers.
class TALKWIRECORE_API Inbox : public std::enable_shared_from_this<Inbox> {
public:
    static constexpr std::size_t MAX_MOTION = 64, MAX_MEDIA = 4'000;
    static constexpr std::size_t MAX_BYTES = std::size_t{64} << 20;  // of sound that waits

    struct Dropped {
        std::uint64_t motion = 0, media = 0;
    };

    Inbox() = default;
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;
    ~Inbox();

    /// The network's: an empty one to decode into; then put it, or return it.
    Arrival* fresh();
    void put(Arrival* arrival);

    /// The game's: all that waits, what is of the media socket first.
    Arrivals take();

    /// Give these back, unused or read.
    void give_back(Arrival* first);

    Dropped dropped() const;

private:
    /// First in, first out.
    struct Queue {
        Arrival* first = nullptr;
        Arrival* last = nullptr;
        std::size_t count = 0;
        void push(Arrival* arrival);
        Arrival* pop();
    };

    mutable std::mutex lock_;
    Queue media_, motion_;
    std::array<Arrival*, PLANE_COUNT> statics_{};  // that wait in media_, by plane
    std::size_t bytes_ = 0;                        // of sound and events in it
    Arrival* unused_ = nullptr;
    Dropped dropped_;
};

}  // namespace talkwire
