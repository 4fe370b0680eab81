// What a value of each kind of field must be, said once for what is read and what is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "Talkwire/Bytes.h"
#include "Talkwire/MessageFields.h"
#include "Talkwire/MsgPack.h"
#include "Talkwire/Problem.h"

namespace talkwire::fields {

/// Which field of which message; and of a row its number and column.
struct Where {
    const char* message;
    const char* field;
    std::size_t row = 0;
    const char* column = nullptr;

    std::string name() const;
};

bool fits_whole(const Where& where, std::uint64_t value, std::uint64_t low, std::uint64_t high,
                Problem& problem);
bool fits_real(const Where& where, double value, double low, double high, Problem& problem);
bool fits_text(const Where& where, std::string_view value, std::size_t characters, const Pattern& pattern,
               Problem& problem);

/// A bulk array's description, without where it is.
struct Table {
    Scalar scalar;
    std::size_t columns, low, high;
    float least, most;
};
bool fits_raw(const Where& where, Bytes value, const Table& table, Problem& problem);

/// A field that holds another kind of value than it may.
bool refuse_kind(const Where& where, const MsgValue& seen, const char* wanted, Problem& problem);

/// Whether the text has only such characters, and not too few or many.
bool is_like(std::string_view text, const Pattern& pattern);

}  // namespace talkwire::fields
