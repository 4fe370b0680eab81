#include "Talkwire/Fade.h"

#include <algorithm>

#include "Talkwire/Time.h"

namespace talkwire {

void Fade::begin(double face_s, std::int64_t now_ns) {
    if (under_way_ && face_s_ == CUT_S && seconds_in(now_ns - since_ns_) < CUT_S) {
        return;
    }
    if (shown_) {
        from_ = blend(Picture(to_), now_ns);
        under_way_ = true;
        since_ns_ = now_ns;
        face_s_ = face_s;
    }
}

Picture Fade::blend(const Picture& belongs, std::int64_t now_ns) {
    to_ = belongs;
    shown_ = true;
    if (!under_way_) {
        return belongs;
    }
    const double since_s = std::max(0.0, seconds_in(now_ns - since_ns_));
    const double face_share = std::min(1.0, since_s / face_s_), head_share = std::min(1.0, since_s / HEAD_S);
    if (face_share >= 1.0 && head_share >= 1.0) {
        under_way_ = false;
        from_ = Picture();  // lets go of its frames
        return belongs;
    }
    return from_.towards(belongs, static_cast<float>(face_share), static_cast<float>(head_share));
}

}  // namespace talkwire
