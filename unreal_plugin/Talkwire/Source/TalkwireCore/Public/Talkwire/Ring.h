// A queue that keeps its memory.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace talkwire {

/// Items in order, taken from the front, added at the back. Takes memory only when it holds more than ever before.
template <class T>
class Ring {
public:
    Ring() = default;
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    std::size_t size() const { return count_; }
    bool empty() const { return count_ == 0; }
    T& operator[](std::size_t i) { return items_[(first_ + i) & (items_.size() - 1)]; }
    const T& operator[](std::size_t i) const { return items_[(first_ + i) & (items_.size() - 1)]; }
    T& front() { return (*this)[0]; }
    const T& front() const { return (*this)[0]; }
    const T& back() const { return (*this)[count_ - 1]; }

    void push(T item) {
        if (count_ == items_.size()) {
            grow();
        }
        (*this)[count_++] = std::move(item);
    }
    T pop() {
        T item = std::move(front());
        front() = T();
        first_ = (first_ + 1) & (items_.size() - 1);
        --count_;
        return item;
    }

private:
    void grow() {
        std::vector<T> larger(items_.empty() ? 16 : 2 * items_.size());
        for (std::size_t i = 0; i < count_; ++i) {
            larger[i] = std::move((*this)[i]);
        }
        items_.swap(larger);
        first_ = 0;
    }

    std::vector<T> items_;  // as many as a power of two
    std::size_t first_ = 0, count_ = 0;
};

}  // namespace talkwire
