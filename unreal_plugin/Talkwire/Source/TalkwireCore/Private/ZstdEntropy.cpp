#include "ZstdEntropy.h"

#include <algorithm>

namespace talkwire {

namespace {

constexpr unsigned MAX_WEIGHT_LOG = 6;

unsigned high_bit(std::uint32_t value) {
    unsigned bit = 0;
    while (value >>= 1) {
        ++bit;
    }
    return bit;
}

/// Bits from the first byte on, lowest first: how tables are described. Zeros beyond the end.
class Bits {
public:
    explicit Bits(Bytes data) : data_(data) {}
    std::uint32_t peek(unsigned count) const {
        std::uint32_t value = 0;
        for (unsigned i = 0; i < count; ++i) {
            const std::size_t at = at_ + i;
            if (at / 8 < data_.size) {
                value |= ((data_.data[at / 8] >> (at % 8)) & 1u) << i;
            }
        }
        return value;
    }
    void skip(unsigned count) { at_ += count; }
    std::uint32_t read(unsigned count) {
        const std::uint32_t value = peek(count);
        skip(count);
        return value;
    }
    std::size_t bytes() const { return (at_ + 7) / 8; }

private:
    Bytes data_;
    std::size_t at_ = 0;
};

}  // namespace

void FseTable::repeat(std::uint8_t symbol) {
    entries[0] = {0, symbol, 0};
    log = 0;
    known = true;
}

void FseTable::build(const std::int16_t* odds, unsigned count, unsigned table_log) {
    std::array<std::uint16_t, MAX_SYMBOLS> next{};
    const unsigned size = 1u << table_log, step = (size >> 1) + (size >> 3) + 3;
    unsigned end = size, place = 0;  // rare symbols have the last cells, one each
    for (unsigned symbol = 0; symbol < count; ++symbol) {
        if (odds[symbol] < 0) {
            entries[--end].symbol = static_cast<std::uint8_t>(symbol);
        }
        next[symbol] = static_cast<std::uint16_t>(odds[symbol] < 0 ? 1 : odds[symbol]);
    }
    for (unsigned symbol = 0; symbol < count; ++symbol) {
        for (int i = 0; i < odds[symbol]; ++i) {
            entries[place].symbol = static_cast<std::uint8_t>(symbol);
            do {
                place = (place + step) & (size - 1);
            } while (place >= end);
        }
    }
    for (unsigned state = 0; state < size; ++state) {
        Entry& entry = entries[state];
        const unsigned number = next[entry.symbol]++;
        entry.bits = static_cast<std::uint8_t>(table_log - high_bit(number));
        entry.base = static_cast<std::uint16_t>((number << entry.bits) - size);
    }
    log = table_log;
    known = true;
}

std::size_t FseTable::read(Bytes data, unsigned max_log, unsigned max_symbol) {
    std::array<std::int16_t, MAX_SYMBOLS> odds{};
    Bits bits(data);
    const unsigned table_log = bits.read(4) + 5;
    if (table_log > max_log) {
        return 0;
    }
    unsigned left = 1u << table_log, symbol = 0;
    while (left > 0) {
        if (symbol > max_symbol) {
            return 0;
        }
        const unsigned width = high_bit(left + 1) + 1, half = 1u << (width - 1);
        const unsigned shorter = 2 * half - 1 - (left + 1);  // so many values take a bit less
        std::uint32_t value = bits.peek(width);
        if ((value & (half - 1)) < shorter) {
            value &= half - 1;
            bits.skip(width - 1);
        } else {
            value -= value >= half ? shorter : 0;
            bits.skip(width);
        }
        odds[symbol++] = static_cast<std::int16_t>(static_cast<int>(value) - 1);
        left -= value == 0 ? 1 : value - 1;
        for (std::uint32_t zeros = 3; value == 1 && zeros == 3;) {
            zeros = bits.read(2);
            symbol += zeros;
            if (symbol > max_symbol + 1) {
                return 0;
            }
        }
    }
    if (bits.bytes() > data.size) {
        return 0;
    }
    build(odds.data(), symbol, table_log);
    return bits.bytes();
}

std::size_t HuffmanTable::read(Bytes data) {
    log_ = 0;
    if (data.empty()) {
        return 0;
    }
    std::array<std::uint8_t, MAX_SYMBOLS> weights{};
    const unsigned head = data.data[0];
    unsigned count = head >= 128 ? head - 127 : 0;  // plain ones, half a byte each
    const std::size_t held = head >= 128 ? (count + 1) / 2 : head;
    if (data.size - 1 < held) {
        return 0;
    }
    const Bytes body{data.data + 1, held};
    for (unsigned i = 0; i < count; ++i) {
        weights[i] = static_cast<std::uint8_t>(i % 2 != 0 ? body.data[i / 2] & 15 : body.data[i / 2] >> 4);
    }
    if (head < 128) {
        count = read_weights(body, weights.data());
    }
    return count != 0 && build(weights.data(), count) ? 1 + held : 0;
}

/// Weights that two states take turns to tell, until there are no bits for the next one. How many; 0 for nonsense.
unsigned HuffmanTable::read_weights(Bytes data, std::uint8_t* weights) {
    const std::size_t used = of_weights_.read(data, MAX_WEIGHT_LOG, MAX_BITS + 1);
    BackBits bits;
    if (used == 0 || !bits.begin(data.part(used))) {
        return 0;
    }
    unsigned states[2] = {bits.read(of_weights_.log), bits.read(of_weights_.log)};
    if (bits.over()) {
        return 0;
    }
    for (unsigned count = 0; count < MAX_SYMBOLS - 2;) {
        unsigned& state = states[count % 2];
        const FseTable::Entry entry = of_weights_.entries[state];
        weights[count++] = entry.symbol;
        state = entry.base + bits.read(entry.bits);
        if (bits.over()) {
            weights[count] = of_weights_.entries[states[count % 2]].symbol;
            return count + 1;
        }
    }
    return 0;
}

/// weights: room for one more, which follows from the others.
bool HuffmanTable::build(std::uint8_t* weights, unsigned count) {
    std::uint32_t sum = 0;
    bool least = false;  // of the longest codes there are two at least
    for (unsigned i = 0; i < count; ++i) {
        if (weights[i] > MAX_BITS) {
            return false;
        }
        sum += (1u << weights[i]) >> 1;
        least = least || weights[i] == 1;
    }
    const unsigned log = sum == 0 ? 0 : high_bit(sum) + 1;
    if (log == 0 || log > MAX_BITS) {
        return false;
    }
    const std::uint32_t rest = (1u << log) - sum;
    if ((rest & (rest - 1)) != 0 || !least) {
        return false;
    }
    weights[count] = static_cast<std::uint8_t>(high_bit(rest) + 1);
    std::size_t at = 0;
    for (unsigned weight = 1; weight <= log; ++weight) {
        for (unsigned symbol = 0; symbol <= count; ++symbol) {
            if (weights[symbol] == weight) {
                const Leaf leaf{static_cast<std::uint8_t>(symbol), static_cast<std::uint8_t>(log + 1 - weight)};
                std::fill_n(leaves_.data() + at, std::size_t{1} << (weight - 1), leaf);
                at += std::size_t{1} << (weight - 1);
            }
        }
    }
    log_ = log;
    return true;
}

bool HuffmanTable::decode(Bytes data, std::uint8_t* to, std::size_t count) const {
    BackBits bits;
    if (!bits.begin(data)) {
        return false;
    }
    for (std::size_t i = 0; i < count; ++i) {
        bits.fill();
        const Leaf leaf = leaves_[bits.peek(log_)];
        to[i] = leaf.symbol;
        bits.skip(leaf.bits);
    }
    return bits.done();
}

}  // namespace talkwire
