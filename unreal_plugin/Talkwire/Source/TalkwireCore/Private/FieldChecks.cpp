#include "FieldChecks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "Talkwire/Half.h"

namespace talkwire::fields {

namespace {

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t MOST = 60;  // of a peer's text in a sentence of ours
    std::string out = "'";
    for (const char c : text.substr(0, MOST)) {
        out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
    return out + (text.size() > MOST ? "...'" : "'");
}

unsigned letters_of(char c) {
    unsigned out = 0;
    out |= c >= 'a' && c <= 'z' ? LOWER : 0u;
    out |= c >= 'A' && c <= 'Z' ? UPPER : 0u;
    out |= c >= '0' && c <= '9' ? DIGIT | HEX : 0u;
    out |= c >= 'a' && c <= 'f' ? HEX : 0u;
    out |= c == '_' ? UNDERSCORE : 0u;
    out |= c == '.' || c == '-' ? DOT_DASH : 0u;
    out |= c == ':' ? COLON : 0u;
    out |= c == '/' ? SLASH : 0u;
    return out;
}

std::size_t width_of(Scalar scalar) {
    static constexpr std::size_t WIDTHS[] = {1, 1, 2, 4, 2, 4};
    return WIDTHS[static_cast<std::size_t>(scalar)];
}

const char* name_of(Scalar scalar) {
    static const char* const NAMES[] = {"u1", "i1", "<i2", "<u4", "<f2", "<f4"};
    return NAMES[static_cast<std::size_t>(scalar)];
}

float float_at(const std::uint8_t* data, std::size_t i, Scalar scalar) {
    return scalar == Scalar::f4 ? load<float>(data, i) : half_to_float(load<std::uint16_t>(data, i));
}

/// Whether a float is within the bounds, which none is that is no number.
bool within(float value, const Table& table) {
    return value >= table.least && value <= table.most;
}

bool all_within(const std::uint8_t* data, std::size_t count, const Table& table) {
    bool good = true;  // and no way out of the loop, so that many are compared at once
    for (std::size_t i = 0; i < count; ++i) {
        good &= within(float_at(data, i, table.scalar), table);
    }
    return good;
}

/// The first that is not, for a sentence.
std::string first_beyond(const std::uint8_t* data, std::size_t count, const Table& table) {
    std::size_t i = 0;
    while (i < count && within(float_at(data, i, table.scalar), table)) {
        ++i;
    }
    return number(static_cast<double>(float_at(data, i, table.scalar))) + " at " + std::to_string(i);
}

}  // namespace

std::string Where::name() const {
    std::string out = std::string(message) + "." + field;
    if (column != nullptr) {
        out += "[" + std::to_string(row) + "]." + column;
    }
    return out;
}

bool fits_whole(const Where& where, std::uint64_t value, std::uint64_t low, std::uint64_t high,
                Problem& problem) {
    if (value >= low && value <= high) {
        return true;
    }
    return refuse_field(problem, where.name(), std::to_string(value),
                        "an integer from " + std::to_string(low) + " to " + std::to_string(high));
}

bool fits_real(const Where& where, double value, double low, double high, Problem& problem) {
    if (value >= low && value <= high) {
        return true;
    }
    return refuse_field(problem, where.name(), number(value),
                        "a float from " + number(low) + " to " + number(high));
}

bool is_like(std::string_view text, const Pattern& pattern) {
    if (text.empty() && pattern.or_empty) {
        return true;
    }
    if (text.size() < pattern.least || text.size() > pattern.most) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((letters_of(text[i]) & (i == 0 ? pattern.first : pattern.rest)) == 0) {
            return false;
        }
    }
    return true;
}

bool fits_text(const Where& where, std::string_view value, std::size_t characters, const Pattern& pattern,
               Problem& problem) {
    const bool any = pattern.rest == 0;
    if (any ? characters <= pattern.most : is_like(value, pattern)) {
        return true;
    }
    return refuse_field(problem, where.name(), in_quotes(value),
                        any ? "text of at most " + std::to_string(pattern.most) + " characters"
                            : std::string("text like ") + pattern.like);
}

bool fits_raw(const Where& where, Bytes value, const Table& table, Problem& problem) {
    const std::size_t row = width_of(table.scalar) * table.columns, rows = value.size / row;
    if (value.size % row != 0 || rows < table.low || rows > table.high) {
        const std::string many = table.low == table.high
                                     ? std::to_string(table.low)
                                     : std::to_string(table.low) + " to " + std::to_string(table.high);
        return refuse_field(problem, where.name(), std::to_string(value.size) + " bytes",
                            many + " rows of " + std::to_string(row) + " bytes (" +
                                std::to_string(table.columns) + " x " + name_of(table.scalar) + ")");
    }
    const bool floats = table.scalar == Scalar::f4 || table.scalar == Scalar::f2;
    if (!floats || all_within(value.data, rows * table.columns, table)) {
        return true;
    }
    const bool bounded = table.most < std::numeric_limits<float>::max();
    return refuse_field(problem, where.name(), first_beyond(value.data, rows * table.columns, table),
                        "finite floats" + (bounded ? " in [" + number(static_cast<double>(table.least)) +
                                                         ", " + number(static_cast<double>(table.most)) + "]"
                                                   : std::string()));
}

bool refuse_kind(const Where& where, const MsgValue& seen, const char* wanted, Problem& problem) {
    std::string text;
    switch (seen.kind) {
        case MsgValue::Kind::nothing: text = "nil"; break;
        case MsgValue::Kind::boolean: text = "a boolean"; break;
        case MsgValue::Kind::whole: text = std::to_string(seen.whole); break;
        case MsgValue::Kind::negative: text = "-" + std::to_string(seen.whole); break;
        case MsgValue::Kind::real: text = "the float " + number(seen.real); break;
        case MsgValue::Kind::text: text = in_quotes(seen.text); break;
        case MsgValue::Kind::bytes: text = std::to_string(seen.bytes.size) + " bytes"; break;
        case MsgValue::Kind::array: text = "an array of " + std::to_string(seen.items); break;
    }
    return refuse_field(problem, where.name(), text, wanted);
}

}  // namespace talkwire::fields
