// One Zstandard frame (RFC 8878) to bytes: what `delta8` compresses its steps with.
//
// The output is the window, so nothing is allocated while it decodes; what a frame announces is checked against what
// there is room for. There are no dictionaries. Every malformed frame is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Problem.h"

namespace talkwire {

/// The tables and the literals of one decoder, 150 KB, used again from frame to frame. Not thread-safe.
class TALKWIRECORE_API Zstd {
public:
    Zstd();
    ~Zstd();
    Zstd(Zstd&& other) noexcept;
    Zstd& operator=(Zstd&& other) noexcept;

    /// Exactly one frame, which must say that it holds `size` bytes, to `out`. False where it does not, or is broken;
    /// `out` may hold anything then.
    bool decode(Bytes frame, std::uint8_t* out, std::size_t size, Problem& problem);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace talkwire
