// How far this client's clock is ahead of the server's.
#pragma once

#include <cstdint>

#include "Talkwire/Api.h"

namespace talkwire {

/// By Cristian's algorithm: the shortest round trip bounds it best, and slowly expires, as clocks drift.
class TALKWIRECORE_API ClockOffset {
public:
    /// Add it to the server's time to get this client's.
    std::int64_t ns() const { return offset_ns_; }

    /// A ping that left at sent_ns came back at now_ns (this clock), having been there at server_ns (its).
    void measure(std::int64_t sent_ns, std::int64_t server_ns, std::int64_t now_ns);

    /// It is another server's clock from now on.
    void forget() { round_trip_ns_ = UNKNOWN; }

private:
    static constexpr std::int64_t UNKNOWN = std::int64_t{1} << 62;

    std::int64_t offset_ns_ = 0, round_trip_ns_ = UNKNOWN;
};

}  // namespace talkwire
