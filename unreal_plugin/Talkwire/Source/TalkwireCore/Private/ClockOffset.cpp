#include "Talkwire/ClockOffset.h"

namespace talkwire {

void ClockOffset::measure(std::int64_t sent_ns, std::int64_t server_ns, std::int64_t now_ns) {
    if (sent_ns < 0 || sent_ns > now_ns) {  // no answer to anything that was said
        return;
    }
    const std::int64_t round_trip_ns = now_ns - sent_ns;
    if (round_trip_ns <= round_trip_ns_) {
        round_trip_ns_ = round_trip_ns;
        offset_ns_ = sent_ns + round_trip_ns / 2 - server_ns;
    } else {
        round_trip_ns_ += round_trip_ns / 1000;
    }
}

}  // namespace talkwire
