// What to do while nothing comes: hold the picture, which may only be late; then let the face rest.
#pragma once

#include <cstdint>

#include "Talkwire/Api.h"

namespace talkwire {

/// Whether something has been missing for too long.
class TALKWIRECORE_API Lapse {
public:
    static constexpr double HOLD_S = 0.2;  // a mouth that stands open for longer is seen

    bool resting() const { return resting_; }

    /// Whether the face rests now. far: what there is belongs to a moment that is HOLD_S off or more.
    bool step(bool missing, bool far, std::int64_t now_ns);

    /// It is not late but gone.
    void cut(std::int64_t now_ns);

private:
    bool resting_ = false;
    bool missing_ = false;
    std::int64_t since_ns_ = 0;
};

}  // namespace talkwire
