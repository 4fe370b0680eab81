#include "Talkwire/Screen.h"

namespace talkwire {

void Screen::cut(std::int64_t now_ns) {
    lapse_.cut(now_ns);
    fade_.begin(Fade::CUT_S, now_ns);
}

bool Screen::rests(bool missing, bool far, std::int64_t now_ns) {
    const bool rested = lapse_.resting();
    const bool resting = lapse_.step(missing, far, now_ns);
    if (resting != rested) {
        fade_.begin(resting ? Fade::REST_S : Fade::NEXT_S, now_ns);
    }
    return resting;
}

void Screen::show(const Picture& picture, std::int64_t now_ns) {
    shown_ = fade_.blend(picture, now_ns);
    any_ = true;
}

}  // namespace talkwire
