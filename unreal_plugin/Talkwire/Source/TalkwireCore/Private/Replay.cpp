#include "Talkwire/Replay.h"

#include "Talkwire/Player.h"
#include "Talkwire/Time.h"

namespace talkwire {

bool Replay::open(const std::string& path, std::string_view session, bool recover, Problem& problem) {
    path_ = path;
    session_ = session;
    recover_ = recover;
    return start(0, problem);
}

bool Replay::start(std::int64_t now_ns, Problem& problem) {
    if (!reader_.open(path_, recover_, problem) || (!read(problem) && problem)) {
        return false;
    }
    shift_ns_ = wrapped_difference(now_ns, record_.arrived_ns);
    return true;
}

bool Replay::advance(Player& player, std::int64_t now_ns, Problem& problem) {
    while (waiting_ && next_ns() <= now_ns) {
        player.receive(media_, next_ns(), shift_ns_);
        if (!read(problem) && problem) {
            return false;
        }
    }
    return true;
}

/// The next message of the session.
bool Replay::read(Problem& problem) {
    waiting_ = false;
    while (reader_.next(record_, problem)) {
        if (!decode_media(record_.part, media_, problem)) {
            reader_.close();
            return false;
        }
        if (session_.empty()) {
            session_ = media_.session;
        }
        if (media_.session == session_) {
            waiting_ = true;
            return true;
        }
    }
    return false;
}

}  // namespace talkwire
