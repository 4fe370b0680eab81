// Views and short lists: what messages are made of. Neither owns memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace talkwire {

/// Memory that grows and is used again: nothing is allocated once it is as large as it gets.
using Buffer = std::vector<std::uint8_t>;

/// Bytes that somebody else owns. Bulk data lies at any address: read it with `load`.
struct Bytes {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;

    constexpr Bytes() = default;
    constexpr Bytes(const std::uint8_t* at, std::size_t count) : data(at), size(count) {}
    Bytes(const Buffer& buffer) : data(buffer.data()), size(buffer.size()) {}

    bool empty() const { return size == 0; }
    /// From `first` on, at most `count`; empty where there is nothing.
    Bytes part(std::size_t first, std::size_t count = SIZE_MAX) const {
        if (first >= size) {
            return {};
        }
        return {data + first, count < size - first ? count : size - first};
    }
};

/// The value number `index` of a little-endian array. The caller has checked that it is there.
template <class T>
inline T load(const std::uint8_t* array, std::size_t index) {
    T value;
    std::memcpy(&value, array + index * sizeof(T), sizeof(T));
    return value;
}

#if defined(__BYTE_ORDER__) && defined(__ORDER_LITTLE_ENDIAN__)
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bulk data is little-endian and read as it lies");
#endif

/// At most N items, in place.
template <class T, std::size_t N>
struct List {
    static constexpr std::size_t capacity = N;
    std::array<T, N> items{};
    std::size_t count = 0;

    bool empty() const { return count == 0; }
    T* begin() { return items.data(); }
    T* end() { return items.data() + count; }
    const T* begin() const { return items.data(); }
    const T* end() const { return items.data() + count; }
    T& operator[](std::size_t i) { return items[i]; }
    const T& operator[](std::size_t i) const { return items[i]; }
    /// False when it is full.
    bool add(const T& item) {
        if (count == N) {
            return false;
        }
        items[count++] = item;
        return true;
    }
};

}  // namespace talkwire
