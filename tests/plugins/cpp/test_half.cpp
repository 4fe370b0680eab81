#include <cmath>
#include <cstring>

#include "Talkwire/Half.h"
#include "check.h"

using namespace talkwire;

TEST(every_half_is_what_the_standard_says) {
    for (unsigned bits = 0; bits < 65536; ++bits) {
        const int exponent = static_cast<int>(bits >> 10 & 31), fraction = static_cast<int>(bits & 1023);
        const float seen = half_to_float(static_cast<std::uint16_t>(bits));
        CHECK_EQ(std::signbit(seen), (bits & 0x8000) != 0);
        if (exponent == 31) {
            CHECK(fraction == 0 ? std::isinf(seen) : std::isnan(seen));
            continue;
        }
        const double size =
            exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
        CHECK_EQ(static_cast<double>(std::fabs(seen)), size);
    }
}

TEST(an_array_at_any_address) {
    const std::uint8_t bytes[] = {0xff, 0x00, 0x3c, 0x00, 0xc0};
    float out[2];
    halves_to_floats(bytes + 1, 2, out);
    CHECK_EQ(out[0], 1.0f);
    CHECK_EQ(out[1], -2.0f);
}
