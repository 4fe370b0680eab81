// Memory that is used again: a stream that has run for a moment takes no more of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"

namespace talkwire {

class Shelf;

/// A piece of memory with one owner, aligned for any number. It goes back to its shelf by itself, from any thread, and
/// may outlive whoever took it.
class TALKWIRECORE_API Block {
public:
    struct Header;

    Block() = default;
    explicit Block(Header* header) : header_(header) {}
    Block(Block&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
    Block& operator=(Block&& other) noexcept {
        std::swap(header_, other.header_);
        return *this;
    }
    ~Block() { release(); }

    std::uint8_t* data() const;
    std::size_t size() const;
    std::size_t capacity() const;
    /// How much of its capacity means something.
    void set_size(std::size_t size) const;
    Bytes bytes() const { return {data(), size()}; }
    explicit operator bool() const { return header_ != nullptr; }

    /// Give it back now.
    void release();

private:
    Header* header_ = nullptr;
};

/// Where blocks come from. Any thread.
class TALKWIRECORE_API Pool {
public:
    /// most_kept: bytes that may lie unused; what comes back beyond them is freed.
    explicit Pool(std::size_t most_kept = std::size_t{64} << 20);

    /// At least so many bytes, of any content.
    Block take(std::size_t bytes) const;

    /// What has been taken from the system and not been freed: in use, and unused.
    std::size_t bytes() const;

private:
    std::shared_ptr<Shelf> shelf_;
};

}  // namespace talkwire
