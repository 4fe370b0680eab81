// Half precision (IEEE 754 binary16), which coefficients travel in.
#pragma once

#include <cstddef>
#include <cstdint>

#include "Talkwire/Api.h"

namespace talkwire {

/// The float of the same value; infinities and NaN stay what they are.
TALKWIRECORE_API float half_to_float(std::uint16_t half);

/// `count` little-endian halves at any address to floats.
TALKWIRECORE_API void halves_to_floats(const std::uint8_t* halves, std::size_t count, float* out);

}  // namespace talkwire
