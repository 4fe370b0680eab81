#include "Talkwire/Lapse.h"

#include "Talkwire/Time.h"

namespace talkwire {

bool Lapse::step(bool missing, bool far, std::int64_t now_ns) {
    if (!missing && !far) {
        missing_ = resting_ = false;
        return false;
    }
    if (!missing_) {
        since_ns_ = now_ns;
    }
    missing_ = true;
    resting_ = resting_ || far || seconds_in(now_ns - since_ns_) > HOLD_S;
    return resting_;
}

void Lapse::cut(std::int64_t now_ns) {
    since_ns_ = now_ns;
    missing_ = resting_ = true;
}

}  // namespace talkwire
