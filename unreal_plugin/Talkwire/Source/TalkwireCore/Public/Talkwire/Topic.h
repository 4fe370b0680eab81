// Topics: how a media message says whose it is, on the socket where readers choose by prefix.
#pragma once

#include <cstdint>
#include <string_view>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Problem.h"

namespace talkwire {

enum class Plane : std::uint8_t {
    mesh,
    texture,
    texture_bc1,
    audio,
    event,
    basis,
    frame_f32,
    frame_q16,
    frame_delta8,
    frame_q16n,
    frame_basis,
    frame_arkit,
    viseme,
    patch,
    patch_bc1,
    patch_rgb,
};

inline constexpr std::size_t PLANE_COUNT = 16;
inline constexpr std::size_t MAX_SESSION_CHARS = 32;
inline constexpr std::size_t MAX_TOPIC_BYTES = 64;

/// "frame/q16", ...
TALKWIRECORE_API std::string_view plane_name(Plane plane);

/// The plane of this name. False where there is none, as in `Opened.frames` of a later server.
TALKWIRECORE_API bool plane_of(std::string_view name, Plane& plane);

/// Whether it is read on the motion socket, else on the media socket.
TALKWIRECORE_API bool is_motion(Plane plane);

/// Whether a name may be an NPC's: [A-Za-z0-9][A-Za-z0-9_.-]{0,31}.
TALKWIRECORE_API bool is_session_name(std::string_view name);

/// `tw1/<session>/<plane>\0`: what such a message begins with, and what a reader subscribes to. Replaces
/// `out`. False when that is no session's name; `out` is empty then.
TALKWIRECORE_API bool topic(std::string_view session, Plane plane, Buffer& out);

/// What one part of a media socket is: whose, on which plane, and the message. Views into the part.
struct Split {
    std::string_view session;
    Plane plane = Plane::mesh;
    Bytes body;
};

/// Fails with `version` for a topic of another major version, else with `protocol`.
TALKWIRECORE_API bool split_topic(Bytes part, Split& out, Problem& problem);

}  // namespace talkwire
