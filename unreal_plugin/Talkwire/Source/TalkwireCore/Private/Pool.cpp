#include "Talkwire/Pool.h"

#include <mutex>
#include <new>

namespace talkwire {

namespace {

constexpr std::size_t LEAST_BYTES = 256, CLASSES = 16;  // powers of two from here: up to 8 MiB, a basis

std::size_t class_of(std::size_t bytes) {
    std::size_t index = 0;
    while (index < CLASSES && (LEAST_BYTES << index) < bytes) {
        ++index;
    }
    return index;
}

}  // namespace

/// The bytes follow it.
struct alignas(std::max_align_t) Block::Header {
    std::shared_ptr<Shelf> shelf;  // while it is in use: a shelf outlives what it gave
    Header* next = nullptr;
    std::size_t size = 0, capacity = 0;
};

/// Unused blocks by size, and the count of all.
class Shelf {
public:
    explicit Shelf(std::size_t most_kept) : most_kept_(most_kept) {}
    Shelf(const Shelf&) = delete;
    Shelf& operator=(const Shelf&) = delete;
    ~Shelf() {
        for (Block::Header* block : unused_) {
            while (block != nullptr) {
                destroy(std::exchange(block, block->next));
            }
        }
    }

    Block::Header* take(std::size_t bytes) {
        const std::size_t index = class_of(bytes);
        const std::size_t capacity = index < CLASSES ? LEAST_BYTES << index : bytes;
        std::lock_guard<std::mutex> hold(lock_);
        if (index < CLASSES && unused_[index] != nullptr) {
            kept_ -= capacity;
            return std::exchange(unused_[index], unused_[index]->next);
        }
        taken_ += capacity;
        auto* block = new (::operator new(sizeof(Block::Header) + capacity)) Block::Header;
        block->capacity = capacity;
        return block;
    }

    void give_back(Block::Header* block) {
        const std::size_t index = class_of(block->capacity);
        std::lock_guard<std::mutex> hold(lock_);
        if (index < CLASSES && kept_ + block->capacity <= most_kept_) {
            kept_ += block->capacity;
            block->next = std::exchange(unused_[index], block);
        } else {
            taken_ -= block->capacity;
            destroy(block);
        }
    }

    std::size_t bytes() {
        std::lock_guard<std::mutex> hold(lock_);
        return taken_;
    }

private:
    static void destroy(Block::Header* block) {
        block->~Header();
        ::operator delete(block);
    }

    std::mutex lock_;
    const std::size_t most_kept_;
    std::size_t kept_ = 0, taken_ = 0;
    Block::Header* unused_[CLASSES] = {};
};

std::uint8_t* Block::data() const {
    return header_ != nullptr ? reinterpret_cast<std::uint8_t*>(header_ + 1) : nullptr;
}

std::size_t Block::size() const {
    return header_ != nullptr ? header_->size : 0;
}

std::size_t Block::capacity() const {
    return header_ != nullptr ? header_->capacity : 0;
}

void Block::set_size(std::size_t size) const {
    header_->size = size;
}

void Block::release() {
    if (header_ != nullptr) {
        const std::shared_ptr<Shelf> shelf = std::move(header_->shelf);
        shelf->give_back(std::exchange(header_, nullptr));
    }
}

Pool::Pool(std::size_t most_kept) : shelf_(std::make_shared<Shelf>(most_kept)) {}

Block Pool::take(std::size_t bytes) const {
    Block::Header* header = shelf_->take(bytes);
    header->shelf = shelf_;
    header->size = bytes;
    return Block(header);
}

std::size_t Pool::bytes() const {
    return shelf_->bytes();
}

}  // namespace talkwire
