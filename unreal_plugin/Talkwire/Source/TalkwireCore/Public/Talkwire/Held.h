// Values that several keep, in memory of a pool: what a track, a picture and a worker thread need at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "Talkwire/Pool.h"

namespace talkwire {

/// One T, shared. The last who lets go of it gives its memory back, on whatever thread. Compare std::shared_ptr, which
/// would allocate for each.
template <class T>
class Held {
public:
    Held() = default;
    Held(const Held& other) : place_(other.place_) {
        if (place_ != nullptr) {
            place_->holders.fetch_add(1, std::memory_order_relaxed);
        }
    }
    Held(Held&& other) noexcept : place_(std::exchange(other.place_, nullptr)) {}
    Held& operator=(Held other) noexcept {
        std::swap(place_, other.place_);
        return *this;
    }
    ~Held() { release(); }

    /// A new one.
    static Held in(const Pool& pool) {
        Block memory = pool.take(sizeof(Place));
        Held made;
        made.place_ = new (memory.data()) Place;
        made.place_->memory = std::move(memory);
        return made;
    }

    explicit operator bool() const { return place_ != nullptr; }
    const T* operator->() const { return &place_->value; }
    const T& operator*() const { return place_->value; }
    const T* get() const { return place_ != nullptr ? &place_->value : nullptr; }
    /// For who makes it: before anybody else has it.
    T& make() const { return place_->value; }

    friend bool operator==(const Held& a, const Held& b) { return a.place_ == b.place_; }
    friend bool operator!=(const Held& a, const Held& b) { return a.place_ != b.place_; }

    void release() {
        Place* place = std::exchange(place_, nullptr);
        if (place != nullptr && place->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            const Block memory = std::move(place->memory);
            place->~Place();
        }
    }

private:
    struct Place {
        std::atomic<std::uint32_t> holders{1};
        Block memory;  // that this lies in
        T value;
    };
    Place* place_ = nullptr;
};

}  // namespace talkwire
