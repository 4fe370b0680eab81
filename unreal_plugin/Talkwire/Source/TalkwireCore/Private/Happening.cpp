#include "Talkwire/Happening.h"

namespace talkwire {

void Happenings::started(Track& track, double heard_s, std::int64_t now_ns) {
    if (track.told == Track::Told::nothing) {
        track.told = Track::Told::started;
        tell(track, Happening::Kind::started, heard_s, now_ns);
    }
}

void Happenings::over(Track& track, Happening::Kind kind, double heard_s, std::int64_t now_ns) {
    started(track, heard_s, now_ns);
    if (track.told == Track::Told::started) {
        track.told = Track::Told::over;
        tell(track, kind, heard_s, now_ns);
    }
}

bool Happenings::take(Happening& next) {
    if (untold_.empty()) {
        return false;
    }
    next = untold_.pop();
    return true;
}

void Happenings::tell(const Track& track, Happening::Kind kind, double heard_s, std::int64_t now_ns) {
    if (untold_.size() == MOST_UNTOLD) {
        untold_.pop();
    }
    untold_.push({kind, static_cast<std::uint32_t>(track.id), track.generation, heard_s, now_ns});
}

}  // namespace talkwire
