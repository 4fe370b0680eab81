// XXH64 with seed 0, of which the checksum of a Zstandard frame is the lower half.
#pragma once

#include <cstddef>
#include <cstdint>

namespace talkwire {

std::uint64_t xxh64(const std::uint8_t* data, std::size_t size);

}  // namespace talkwire
