// The kinds of fields that a message may have, each with what it may hold, as C#'s Fields.cs: MessageFields.h makes
// tables of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>

#include "Talkwire/Messages.h"

namespace talkwire::fields {

/// Characters that a name may have, as bits.
enum Letters : unsigned {
    LOWER = 1,
    UPPER = 2,
    DIGIT = 4,
    HEX = 8,
    UNDERSCORE = 16,
    DOT_DASH = 32,
    COLON = 64,
    SLASH = 128
};

/// What a text must be like. first: letters of its first character, rest: of the others; 0: any. least, most:
/// characters.
struct Pattern {
    const char* like;
    unsigned first, rest;
    std::size_t least, most;
    bool or_empty = false;
};

inline constexpr unsigned WORD = LOWER | UPPER | DIGIT, NAME = WORD | UNDERSCORE | DOT_DASH;
inline constexpr Pattern SENTENCE{"", 0, 0, 0, MAX_TEXT_CHARS};
inline constexpr Pattern PART_NAME{"", 0, 0, 0, 32};
inline constexpr Pattern SESSION{"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", WORD, NAME, 1, 32};
inline constexpr Pattern AVATAR{"|[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", WORD, NAME, 1, 64, true};
inline constexpr Pattern TOPOLOGY{"[0-9a-f]{16}", HEX, HEX, 16, 16};
inline constexpr Pattern RUN{"[0-9a-f]{0,16}", HEX, HEX, 0, 16};
inline constexpr unsigned CAPABLE = LOWER | DIGIT | UNDERSCORE | DOT_DASH | COLON;
inline constexpr Pattern CAPABILITY{"[a-z0-9:_.-]{1,64}", CAPABLE, CAPABLE, 1, 64};
inline constexpr Pattern TERM{"[A-Za-z]{0,64}", LOWER | UPPER, LOWER | UPPER, 0, 64};
inline constexpr Pattern CODE{"[a-z_]{1,32}", LOWER | UNDERSCORE, LOWER | UNDERSCORE, 1, 32};
inline constexpr Pattern PLANE{"[a-z0-9/]{0,16}", LOWER | DIGIT | SLASH, LOWER | DIGIT | SLASH, 0, 16};
inline constexpr Pattern SHAPE{"[a-zA-Z]{1,32}", LOWER | UPPER, LOWER | UPPER, 1, 32};

/// What the values of a bulk array are.
enum class Scalar : std::uint8_t { u1, i1, i2, u4, f2, f4 };

/// One kind of field each: its name, where it is in the message, and what it may hold.
template <class M, class T>
struct Whole {
    const char* name;
    T M::*at;
    std::uint64_t low, high;
};
template <class M>
struct Real {
    const char* name;
    double M::*at;
    double low, high;
};
template <class M>
struct Text {
    const char* name;
    std::string_view M::*at;
    Pattern pattern;
};
template <class M>
struct Id {
    const char* name;
    TopologyId M::*at;
};
/// One of an enumeration's words, from `first` to `last`.
template <class M, class E>
struct Choice {
    const char* name;
    E M::*at;
    E first, last;
};
/// Whole rows of `columns` values, low to high rows. Floats are finite, and within [least, most].
template <class M>
struct Raw {
    const char* name;
    Bytes M::*at;
    Scalar scalar;
    std::size_t columns, low, high;
    float least, most;
};
template <class M, std::size_t N>
struct Words {
    const char* name;
    List<std::string_view, N> M::*at;
    Pattern pattern;
};
template <class M, class R, std::size_t N, class Columns>
struct Rows {
    const char* name;
    List<R, N> M::*at;
    Columns columns;
};

template <class M, class T>
constexpr Whole<M, T> whole(const char* name, T M::*at, std::uint64_t low, std::uint64_t high) {
    return {name, at, low, high};
}
template <class M>
constexpr auto u32(const char* name, std::uint32_t M::*at) {
    return whole(name, at, 0, 0xffffffff);
}
template <class M>
constexpr auto ref(std::uint32_t M::*at) {
    return u32("ref", at);
}
template <class M>
constexpr auto pts(const char* name, std::uint64_t M::*at) {
    return whole(name, at, 0, (std::uint64_t{1} << 53) - 1);  // what a double holds exactly
}
template <class M>
constexpr auto nanoseconds(const char* name, std::uint64_t M::*at) {
    return whole(name, at, 0, (std::uint64_t{1} << 63) - 1);
}
template <class M>
constexpr auto rate(std::uint32_t M::*at) {
    return whole("sample_rate_hz", at, MIN_SAMPLE_RATE_HZ, MAX_SAMPLE_RATE_HZ);
}
template <class M>
constexpr Real<M> real(const char* name, double M::*at, double low, double high) {
    return {name, at, low, high};
}
template <class M>
constexpr Text<M> text(const char* name, std::string_view M::*at, Pattern pattern) {
    return {name, at, pattern};
}
template <class M>
constexpr Id<M> topology_id(TopologyId M::*at) {
    return {"topology_id", at};
}
template <class M, class E>
constexpr Choice<M, E> choice(const char* name, E M::*at, E first = E{}, E last = E{255}) {
    return {name, at, first, last};
}
template <class M>
constexpr Raw<M> raw(const char* name, Bytes M::*at, Scalar scalar, std::size_t columns, std::size_t low,
                     std::size_t high, float least = -std::numeric_limits<float>::max(),
                     float most = std::numeric_limits<float>::max()) {
    return {name, at, scalar, columns, low, high, least, most};
}
template <class M>
constexpr Raw<M> vector3(const char* name, Bytes M::*at) {
    return raw(name, at, Scalar::f4, 3, 1, 1);
}
template <class M, std::size_t N>
constexpr Words<M, N> words(const char* name, List<std::string_view, N> M::*at, Pattern pattern) {
    return {name, at, pattern};
}
template <class M, class R, std::size_t N, class... Columns>
constexpr Rows<M, R, N, std::tuple<Columns...>> rows(const char* name, List<R, N> M::*at,
                                                     Columns... columns) {
    return {name, at, std::make_tuple(columns...)};
}

}  // namespace talkwire::fields
