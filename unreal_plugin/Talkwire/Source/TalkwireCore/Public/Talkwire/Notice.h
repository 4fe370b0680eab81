// What a game is told of its connection, its NPCs and its lines: rare, so it owns its words.
#pragma once

#include <cstdint>
#include <string>

#include "Talkwire/Problem.h"
#include "Talkwire/Topic.h"

namespace talkwire {

/// How far what is said has come. refused: the server would not have it, `problem` says why.
enum class SpeechState : std::uint8_t { queued, speaking, done, interrupted, refused };

struct Notice {
    enum class Kind : std::uint8_t {
        welcome,      // the server knows this client: run, restarted
        lost,         // the connection has gone, and is tried again: code ("connection", "silence"), problem
        refused,      // the server does not want this client, and it is not tried again: code, problem
        opened,       // session, frames
        closed,       // session: the NPC is gone
        interrupted,  // session, generation
        line,         // session, say, state, played_samples, utterance
        error,        // code, problem; of, session and avatar where the request is known
    };

    Notice() = default;
    explicit Notice(Kind what) : kind(what) {}

    Kind kind = Kind::welcome;
    std::string session;
    std::string run;          // of the server: another one after a restart
    bool restarted = false;   // it is not the one that was there before
    Plane frames = Plane::frame_q16;  // the plane that suits this client
    std::uint32_t generation = 0;
    std::uint32_t say = 0;    // the speaker's number of what is said
    SpeechState state = SpeechState::queued;
    std::uint64_t played_samples = 0;
    std::uint32_t utterance = 0;  // that it is spoken as, now: as Happening has it; 0: not known, or not yet
    std::string of;           // the request that went wrong: "Open", ...
    std::string avatar;       // that it was about
    std::string code;         // of what went wrong: "denied", "avatar", ...
    Problem problem;
};

}  // namespace talkwire
