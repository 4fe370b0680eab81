#include "Talkwire/Inbox.h"

#include <utility>
#include <variant>

namespace talkwire {

Arrivals::~Arrivals() {
    if (first_ != nullptr) {
        inbox_->give_back(first_);
    }
}

Inbox::~Inbox() {
    for (Arrival* list : {media_.first, motion_.first, unused_}) {
        while (list != nullptr) {
            delete std::exchange(list, list->next);
        }
    }
}

Arrival* Inbox::fresh() {
    {
        std::lock_guard<std::mutex> hold(lock_);
        if (unused_ != nullptr) {
            Arrival* one = std::exchange(unused_, unused_->next);
            one->next = nullptr;
            return one;
        }
    }
    return new Arrival;
}

void Inbox::put(Arrival* arrival) {
    const Plane plane = arrival->media.plane;
    const bool is_static = plane == Plane::mesh || plane == Plane::texture || plane == Plane::texture_bc1 ||
                           plane == Plane::basis;
    Arrival* old = nullptr;
    {
        std::lock_guard<std::mutex> hold(lock_);
        if (is_motion(plane)) {
            if (motion_.count == MAX_MOTION) {
                old = motion_.pop();
                ++dropped_.motion;
            }
            motion_.push(arrival);
        } else {
            Arrival* waiting = statics_[static_cast<std::size_t>(plane)];
            const std::size_t bytes = is_static ? 0 : arrival->part.size();
            if (is_static && waiting != nullptr) {  // the newer takes its place
                std::swap(waiting->media, arrival->media);
                std::swap(waiting->part, arrival->part);
                std::swap(waiting->arrived_ns, arrival->arrived_ns);
                old = arrival;
            } else if (!is_static && (bytes_ + bytes > MAX_BYTES || media_.count >= MAX_MEDIA)) {
                old = arrival;
                ++dropped_.media;
            } else {
                statics_[static_cast<std::size_t>(plane)] = arrival;
                bytes_ += bytes;
                media_.push(arrival);
            }
        }
    }
    if (old != nullptr) {
        give_back(old);
    }
}

Arrivals Inbox::take() {
    std::lock_guard<std::mutex> hold(lock_);
    if (media_.first == nullptr && motion_.first == nullptr) {
        return Arrivals();
    }
    Arrival* first = media_.first != nullptr ? media_.first : motion_.first;
    if (media_.last != nullptr) {
        media_.last->next = motion_.first;
    }
    media_ = motion_ = Queue();
    statics_ = {};
    bytes_ = 0;
    return Arrivals(shared_from_this(), first);
}

void Inbox::give_back(Arrival* first) {
    Arrival* last = nullptr;
    for (Arrival* one = first; one != nullptr; one = one->next) {
        one->media.message = std::monostate();
        one->media.session = {};
        one->media.prepared.emplace<std::monostate>();
        one->part.release();
        last = one;
    }
    std::lock_guard<std::mutex> hold(lock_);
    last->next = std::exchange(unused_, first);
}

Inbox::Dropped Inbox::dropped() const {
    std::lock_guard<std::mutex> hold(lock_);
    return dropped_;
}

void Inbox::Queue::push(Arrival* arrival) {
    arrival->next = nullptr;
    (last != nullptr ? last->next : first) = arrival;
    last = arrival;
    ++count;
}

Arrival* Inbox::Queue::pop() {
    Arrival* one = std::exchange(first, first->next);
    if (first == nullptr) {
        last = nullptr;
    }
    one->next = nullptr;
    --count;
    return one;
}

}  // namespace talkwire
