#include "Talkwire/Zstd.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "XxHash64.h"
#include "ZstdEntropy.h"

namespace talkwire {

namespace {

constexpr std::size_t MAX_BLOCK = 128 * 1024;
constexpr unsigned MAX_WINDOW_LOG = 31;
constexpr std::size_t LEAST_FOUR_STREAMS = 6;  // symbols

/// How a code becomes a number: a baseline and so many bits to add. RFC 8878, 3.1.1.3.2.1.1.
struct Code {
    std::uint32_t base;
    unsigned bits;
};

constexpr Code LITERAL_LENGTHS[] = {
    {0, 0},    {1, 0},    {2, 0},     {3, 0},     {4, 0},     {5, 0},     {6, 0},      {7, 0},      {8, 0},
    {9, 0},    {10, 0},   {11, 0},    {12, 0},    {13, 0},    {14, 0},    {15, 0},     {16, 1},     {18, 1},
    {20, 1},   {22, 1},   {24, 2},    {28, 2},    {32, 3},    {40, 3},    {48, 4},     {64, 6},     {128, 7},
    {256, 8},  {512, 9},  {1024, 10}, {2048, 11}, {4096, 12}, {8192, 13}, {16384, 14}, {32768, 15}, {65536, 16}};
constexpr Code MATCH_LENGTHS[] = {
    {3, 0},     {4, 0},     {5, 0},     {6, 0},      {7, 0},      {8, 0},      {9, 0},      {10, 0},   {11, 0},
    {12, 0},    {13, 0},    {14, 0},    {15, 0},     {16, 0},     {17, 0},     {18, 0},     {19, 0},   {20, 0},
    {21, 0},    {22, 0},    {23, 0},    {24, 0},     {25, 0},     {26, 0},     {27, 0},     {28, 0},   {29, 0},
    {30, 0},    {31, 0},    {32, 0},    {33, 0},     {34, 0},     {35, 1},     {37, 1},     {39, 1},   {41, 1},
    {43, 2},    {47, 2},    {51, 3},    {59, 3},     {67, 4},     {83, 4},     {99, 5},     {131, 7},  {259, 8},
    {515, 9},   {1027, 10}, {2051, 11}, {4099, 12},  {8195, 13},  {16387, 14}, {32771, 15}, {65539, 16}};

/// The predefined distributions: RFC 8878, 3.1.1.3.2.2. -1 is "less than 1".
constexpr std::int16_t LITERAL_DEFAULT[] = {4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1,  2,  2,
                                            2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1};
constexpr std::int16_t OFFSET_DEFAULT[] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 1,  1,  1,  1,  1, 1,
                                           1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1};
constexpr std::int16_t MATCH_DEFAULT[] = {1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1,  1,  1,
                                          1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1,  1,
                                          1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1};

/// The three alphabets of sequences, in the order in which a block has their tables.
struct Alphabet {
    unsigned max_log, max_symbol, default_log;
    const std::int16_t* default_odds;
    unsigned default_count;
};
enum { LITERAL, OFFSET, MATCH, ALPHABETS };
constexpr Alphabet ALPHABET[ALPHABETS] = {
    {9, 35, 6, LITERAL_DEFAULT, 36}, {8, 31, 5, OFFSET_DEFAULT, 29}, {9, 52, 6, MATCH_DEFAULT, 53}};

}  // namespace

struct Zstd::State {
    HuffmanTable huffman;
    FseTable tables[ALPHABETS];
    std::uint32_t repeats[3] = {};  // offsets
    std::array<std::uint8_t, MAX_BLOCK> literals;
    std::uint8_t* out = nullptr;
    std::size_t size = 0, made = 0, max_block = 0;

    bool frame(Bytes data);
    bool block(Bytes data);
    bool read_literals(Bytes& data, Bytes& found);
    bool decode_streams(Bytes data, std::size_t count, bool four);
    bool read_table(Bytes& data, unsigned which, unsigned mode);
    bool sequences(Bytes data, unsigned count, Bytes unused);
    std::uint32_t offset(std::uint32_t value, bool no_literals);
    bool put(Bytes literal);
};

Zstd::Zstd() : state_(std::make_unique<State>()) {}
Zstd::~Zstd() = default;
Zstd::Zstd(Zstd&& other) noexcept = default;
Zstd& Zstd::operator=(Zstd&& other) noexcept = default;

bool Zstd::decode(Bytes frame, std::uint8_t* out, std::size_t size, Problem& problem) {
    state_->out = out;
    state_->size = size;
    return state_->frame(frame) || refuse_field(problem, "the zstd frame", std::to_string(frame.size) + " bytes",
                                                "one frame of " + std::to_string(size) + " bytes");
}

bool Zstd::State::frame(Bytes data) {
    if (data.size < 6 || load<std::uint32_t>(data.data, 0) != 0xFD2FB528u) {
        return false;
    }
    const unsigned head = data.data[4];
    const bool single = head & 0x20, checksum = head & 4;
    const std::size_t id_bytes = std::size_t{1} << (head & 3) >> 1, size_code = head >> 6;
    const std::size_t size_bytes = size_code != 0 ? std::size_t{1} << size_code : single;
    std::size_t at = 5;
    if ((head & 8) != 0 || size_bytes == 0 || data.size < at + !single + id_bytes + size_bytes) {
        return false;  // a reserved bit, or no size
    }
    std::uint64_t window = 0, id = 0, announced = size_code == 1 ? 256 : 0;
    if (!single) {
        const unsigned log = 10 + (data.data[at] >> 3);
        if (log > MAX_WINDOW_LOG) {
            return false;
        }
        window = (std::uint64_t{1} << log) + (std::uint64_t{1} << log >> 3) * (data.data[at] & 7u);
        ++at;
    }
    for (std::size_t i = 0; i < id_bytes; ++i) {
        id |= data.data[at++];
    }
    for (std::size_t i = 0; i < size_bytes; ++i) {
        announced += std::uint64_t{data.data[at++]} << (8 * i);
    }
    if (id != 0 || announced != size) {
        return false;
    }
    max_block = std::min<std::uint64_t>(MAX_BLOCK, single ? announced : window);
    made = 0;
    huffman.forget();
    for (unsigned i = 0; i < ALPHABETS; ++i) {
        tables[i].known = false;
    }
    repeats[0] = 1, repeats[1] = 4, repeats[2] = 8;
    for (bool last = false; !last;) {
        if (data.size - at < 3) {
            return false;
        }
        const std::uint32_t word = data.data[at] | std::uint32_t{data.data[at + 1]} << 8 | std::uint32_t{data.data[at + 2]} << 16;
        at += 3;
        last = word & 1;
        const unsigned kind = word >> 1 & 3;
        const std::size_t length = word >> 3, held = kind == 1 ? 1 : length;
        if (kind == 3 || length > max_block || held > data.size - at) {
            return false;
        }
        const Bytes body{data.data + at, held};
        at += held;
        if (kind == 1 && length <= size - made) {
            std::fill_n(out + made, length, body.data[0]);
            made += length;
        } else if (kind == 1 || !(kind == 0 ? put(body) : block(body))) {
            return false;
        }
    }
    const std::size_t tail = checksum ? 4 : 0;
    return made == size && data.size - at == tail &&
           (!checksum || load<std::uint32_t>(data.data + at, 0) == static_cast<std::uint32_t>(xxh64(out, size)));
}

/// A compressed block: its literals, then what is between them.
bool Zstd::State::block(Bytes data) {
    Bytes unused;
    if (!read_literals(data, unused) || data.empty()) {
        return false;
    }
    unsigned count = data.data[0];
    std::size_t used = count < 128 ? 1 : count < 255 ? 2 : 3;
    if (data.size < used) {
        return false;
    }
    if (used == 2) {
        count = ((count - 128) << 8) + data.data[1];
    } else if (used == 3) {
        count = data.data[1] + (std::uint32_t{data.data[2]} << 8) + 0x7F00u;
    }
    if (count == 0) {
        return data.size == used && put(unused);
    }
    if (data.size == used || (data.data[used] & 3) != 0) {
        return false;
    }
    const unsigned modes = data.data[used];
    data = data.part(used + 1);
    for (unsigned which = 0; which < ALPHABETS; ++which) {
        if (!read_table(data, which, modes >> (6 - 2 * which) & 3)) {
            return false;
        }
    }
    return sequences(data, count, unused);
}

/// RFC 8878, 3.1.1.3.1. data: left after them.
bool Zstd::State::read_literals(Bytes& data, Bytes& found) {
    if (data.empty()) {
        return false;
    }
    const unsigned kind = data.data[0] & 3, format = data.data[0] >> 2 & 3;
    const bool packed = kind >= 2;
    const std::size_t head = packed ? std::array{3u, 3u, 4u, 5u}[format] : std::array{1u, 2u, 1u, 3u}[format];
    const unsigned width = packed ? std::array{10u, 10u, 14u, 18u}[format] : 20;
    if (data.size < head) {
        return false;
    }
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < head; ++i) {
        word |= std::uint64_t{data.data[i]} << (8 * i);
    }
    word >>= !packed && head == 1 ? 3 : 4;
    const std::size_t count = word & ((1u << width) - 1);
    const std::size_t held = packed ? static_cast<std::size_t>(word >> width) : kind == 0 ? count : 1;
    if (count > max_block || data.size - head < held) {
        return false;
    }
    Bytes body{data.data + head, held};
    data = data.part(head + held);
    found = {literals.data(), count};
    switch (kind) {
        case 0:
            found = body;
            return true;
        case 1:
            std::fill_n(literals.data(), count, body.data[0]);
            return true;
        default:
            break;
    }
    const std::size_t used = kind == 3 ? 0 : huffman.read(body);
    return (kind == 3 ? huffman.known() : used != 0) && decode_streams(body.part(used), count, format != 0);
}

bool Zstd::State::decode_streams(Bytes data, std::size_t count, bool four) {
    if (!four) {
        return huffman.decode(data, literals.data(), count);
    }
    if (count < LEAST_FOUR_STREAMS || data.size < 6) {
        return false;
    }
    const std::size_t each = (count + 3) / 4;
    std::size_t from = 6;
    for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t held = i < 3 ? load<std::uint16_t>(data.data, i) : data.size - from;
        if (held > data.size - from ||
            !huffman.decode({data.data + from, held}, literals.data() + i * each, i < 3 ? each : count - 3 * each)) {
            return false;
        }
        from += held;
    }
    return true;
}

/// mode: predefined, one symbol, described, as before. data: left after it.
bool Zstd::State::read_table(Bytes& data, unsigned which, unsigned mode) {
    const Alphabet& alphabet = ALPHABET[which];
    FseTable& table = tables[which];
    std::size_t used = 0;
    switch (mode) {
        case 0:
            table.build(alphabet.default_odds, alphabet.default_count, alphabet.default_log);
            return true;
        case 1:
            if (data.empty() || data.data[0] > alphabet.max_symbol) {
                return false;
            }
            table.repeat(data.data[0]);
            used = 1;
            break;
        case 2:
            used = table.read(data, alphabet.max_log, alphabet.max_symbol);
            break;
        default:
            return table.known;
    }
    data = data.part(used);
    return used != 0;
}

/// RFC 8878, 3.1.1.3.2.1 and 3.1.1.4: literals, then a match, `count` times; then what is left of the literals.
bool Zstd::State::sequences(Bytes data, unsigned count, Bytes unused) {
    BackBits bits;
    if (!bits.begin(data)) {
        return false;
    }
    unsigned states[ALPHABETS];
    for (unsigned i = 0; i < ALPHABETS; ++i) {
        states[i] = bits.read(tables[i].log);
    }
    for (unsigned i = 0; i < count; ++i) {
        const FseTable::Entry literal = tables[LITERAL].entries[states[LITERAL]];
        const FseTable::Entry distance = tables[OFFSET].entries[states[OFFSET]];
        const FseTable::Entry match = tables[MATCH].entries[states[MATCH]];
        const std::uint32_t value = (1u << distance.symbol) + bits.read(distance.symbol);
        const Code match_code = MATCH_LENGTHS[match.symbol], literal_code = LITERAL_LENGTHS[literal.symbol];
        const std::size_t match_length = match_code.base + bits.read(match_code.bits);
        const std::size_t literal_length = literal_code.base + bits.read(literal_code.bits);
        if (i + 1 < count) {
            states[LITERAL] = literal.base + bits.read(literal.bits);
            states[MATCH] = match.base + bits.read(match.bits);
            states[OFFSET] = distance.base + bits.read(distance.bits);
        }
        const std::uint32_t back = offset(value, literal_length == 0);
        if (bits.over() || literal_length > unused.size || !put({unused.data, literal_length})) {
            return false;
        }
        unused = unused.part(literal_length);
        if (back == 0 || back > made || match_length > size - made) {
            return false;
        }
        // What it makes may be what it copies: a run of `back` bytes, which doubles with each piece.
        const std::size_t from = made - back, end = made + match_length;
        while (made < end) {
            const std::size_t piece = std::min(end - made, made - from);
            std::memcpy(out + made, out + from, piece);
            made += piece;
        }
    }
    return bits.done() && put(unused);
}

/// How far back a match is; 0 where that makes no sense. RFC 8878, 3.1.1.5.
std::uint32_t Zstd::State::offset(std::uint32_t value, bool no_literals) {
    if (value > 3) {
        repeats[2] = repeats[1];
        repeats[1] = repeats[0];
        return repeats[0] = value - 3;
    }
    const unsigned which = value - 1 + no_literals;
    const std::uint32_t back = which == 3 ? repeats[0] - 1 : repeats[which];
    if (which >= 2) {
        repeats[2] = repeats[1];
    }
    if (which >= 1) {
        repeats[1] = repeats[0];
    }
    return repeats[0] = back;
}

bool Zstd::State::put(Bytes literal) {
    if (literal.size > size - made) {
        return false;
    }
    std::copy_n(literal.data, literal.size, out + made);
    made += literal.size;
    return true;
}

}  // namespace talkwire
