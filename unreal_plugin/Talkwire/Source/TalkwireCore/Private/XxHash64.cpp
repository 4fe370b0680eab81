#include "XxHash64.h"

#include "Talkwire/Bytes.h"

namespace talkwire {

std::uint64_t xxh64(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint64_t P1 = 11400714785074694791u, P2 = 14029467366897019727u, P3 = 1609587929392839161u;
    constexpr std::uint64_t P4 = 9650029242287828579u, P5 = 2870177450012600261u;
    const auto turn = [](std::uint64_t value, unsigned by) { return value << by | value >> (64 - by); };
    const auto stir = [&](std::uint64_t sum, std::uint64_t word) { return turn(sum + word * P2, 31) * P1; };
    std::size_t at = 0;
    std::uint64_t sum = P5;
    if (size >= 32) {
        std::uint64_t lanes[4] = {P1 + P2, P2, 0, 0 - P1};
        for (; at + 32 <= size; at += 32) {
            for (std::size_t i = 0; i < 4; ++i) {
                lanes[i] = stir(lanes[i], load<std::uint64_t>(data + at, i));
            }
        }
        sum = turn(lanes[0], 1) + turn(lanes[1], 7) + turn(lanes[2], 12) + turn(lanes[3], 18);
        for (const std::uint64_t lane : lanes) {
            sum = (sum ^ stir(0, lane)) * P1 + P4;
        }
    }
    sum += size;
    for (; at + 8 <= size; at += 8) {
        sum = turn(sum ^ stir(0, load<std::uint64_t>(data + at, 0)), 27) * P1 + P4;
    }
    if (at + 4 <= size) {
        sum = turn(sum ^ load<std::uint32_t>(data + at, 0) * P1, 23) * P2 + P3;
        at += 4;
    }
    for (; at < size; ++at) {
        sum = turn(sum ^ data[at] * P5, 11) * P1;
    }
    sum = (sum ^ sum >> 33) * P2;
    sum = (sum ^ sum >> 29) * P3;
    return sum ^ sum >> 32;
}

}  // namespace talkwire
