// How Zstandard codes symbols: finite state entropy and Huffman codes (RFC 8878, 4). Of use to Zstd.h alone.
//
// Reading never leaves the bytes that are there: beyond them are zeros, and whoever reads asks afterwards.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "Talkwire/Bytes.h"

namespace talkwire {

/// Bits from the last byte back, highest first: how symbols are coded. Zeros beyond the first, which `over` tells.
class BackBits {
public:
    /// False where there is no end mark, the highest bit that is set.
    bool begin(Bytes data) {
        if (data.empty() || data.data[data.size - 1] == 0) {
            return false;
        }
        data_ = data.data;
        left_ = data.size - 1;
        const std::uint8_t last = data_[left_];
        count_ = 0;
        while (last >> (count_ + 1) != 0) {
            ++count_;
        }
        bits_ = count_ == 0 ? 0 : std::uint64_t{last} << (64 - count_);
        return true;
    }
    /// From here on at least 57 bits can be had without another fill.
    void fill() {
        while (count_ <= 56 && left_ > 0) {
            bits_ |= std::uint64_t{data_[--left_]} << (56 - count_);
            count_ += 8;
        }
    }
    std::uint32_t peek(unsigned count) const { return static_cast<std::uint32_t>((bits_ >> 1) >> (63 - count)); }
    void skip(unsigned count) {
        bits_ <<= count;
        count_ -= static_cast<int>(count);
    }
    std::uint32_t read(unsigned count) {
        fill();
        const std::uint32_t value = peek(count);
        skip(count);
        return value;
    }
    bool over() const { return count_ < 0; }
    bool done() const { return count_ == 0 && left_ == 0; }

private:
    const std::uint8_t* data_ = nullptr;
    std::size_t left_ = 0;
    std::uint64_t bits_ = 0;
    int count_ = 0;
};

/// A decoding table of finite state entropy: RFC 8878, 4.1.
struct FseTable {
    static constexpr unsigned MAX_LOG = 9, MAX_SYMBOLS = 64;

    struct Entry {
        std::uint16_t base;  // of the next state; `bits` more are added
        std::uint8_t symbol, bits;
    };
    std::array<Entry, 1u << MAX_LOG> entries;
    unsigned log = 0;
    bool known = false;

    /// Every state gives the same symbol.
    void repeat(std::uint8_t symbol);

    /// odds: of `count` symbols, in parts of 1 << table_log; -1 is "less than 1".
    void build(const std::int16_t* odds, unsigned count, unsigned table_log);

    /// From its description at the beginning of `data`. How many bytes that takes; 0 where it is none.
    std::size_t read(Bytes data, unsigned max_log, unsigned max_symbol);
};

/// A Huffman code: RFC 8878, 4.2.
class HuffmanTable {
public:
    static constexpr unsigned MAX_BITS = 11, MAX_SYMBOLS = 256;

    /// Whether there is one.
    bool known() const { return log_ != 0; }
    void forget() { log_ = 0; }

    /// From its description at the beginning of `data`. How many bytes that takes; 0 where it is none.
    std::size_t read(Bytes data);

    /// `count` symbols, for which all of the data must be needed.
    bool decode(Bytes data, std::uint8_t* to, std::size_t count) const;

private:
    struct Leaf {
        std::uint8_t symbol, bits;
    };

    unsigned read_weights(Bytes data, std::uint8_t* weights);
    bool build(std::uint8_t* weights, unsigned count);

    std::array<Leaf, 1u << MAX_BITS> leaves_;
    unsigned log_ = 0;
    FseTable of_weights_;
};

}  // namespace talkwire
