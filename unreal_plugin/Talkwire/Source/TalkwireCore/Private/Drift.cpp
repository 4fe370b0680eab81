#include "Talkwire/Drift.h"

#include <algorithm>

#include "Talkwire/Time.h"

namespace talkwire {

double Drift::speed(double ahead_s, double target_s, double lead_s, std::int64_t now_ns) {
    if (!begun_) {
        begun_ = true;
        ahead_s_ = ahead_s;
    } else {
        const double passed_s = seconds_in(std::max<std::int64_t>(0, now_ns - last_ns_));
        ahead_s_ += std::min(1.0, passed_s / SMOOTH_S) * (ahead_s - ahead_s_);
    }
    last_ns_ = now_ns;
    const double low_s = target_s;
    const double high_s = target_s + lead_s + ROOM_S;
    const double outside_s = ahead_s_ - std::min(std::max(ahead_s_, low_s), high_s);
    return 1.0 + MOST * std::min(1.0, std::max(-1.0, outside_s / FULL_S));
}

}  // namespace talkwire
