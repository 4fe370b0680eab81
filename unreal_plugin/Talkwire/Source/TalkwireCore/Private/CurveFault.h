// What can be wrong with a connection with keys, in words.
#pragma once

#include <cstdint>
#include <string_view>

#include "Talkwire/Problem.h"

namespace talkwire {

/// `denied` is not tried again: the first two.
enum class CurveFault : std::uint8_t {
    unknown_here,  // detail: the client's public key
    has_no_keys,
    hung_up,  // detail: the server's public key
    broken,   // detail: libzmq's number for it
    several_parts,
    not_built_in,
    not_in_libzmq,
};

/// Fill a problem and return false.
bool refuse(Problem& problem, CurveFault fault, std::string_view detail);

}  // namespace talkwire
