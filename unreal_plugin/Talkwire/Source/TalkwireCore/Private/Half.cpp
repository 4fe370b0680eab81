#include "Talkwire/Half.h"

#include <cstring>

#include "Talkwire/Bytes.h"

namespace talkwire {

float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
    const std::uint32_t exponent = (half >> 10) & 31u, fraction = half & 0x3ffu;
    if (exponent == 0) {  // too small for a leading one: fraction * 2^-24, which a float holds exactly
        const float value = static_cast<float>(fraction) * 0x1p-24f;
        return sign ? -value : value;
    }
    const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
    const std::uint32_t bits = sign | wide << 23 | fraction << 13;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

void halves_to_floats(const std::uint8_t* halves, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = half_to_float(load<std::uint16_t>(halves, i));
    }
}

}  // namespace talkwire
