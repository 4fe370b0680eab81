// How a message becomes bytes and comes back. A message that was decoded is valid: every field was checked.
//
// Nothing here allocates but the sentences of a Problem, and `out` of encode until it is large enough.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Messages.h"
#include "Talkwire/Problem.h"
#include "Talkwire/Topic.h"

namespace talkwire {

/// Any message of the control socket. Kept and decoded into again and again. std::get_if tells which.
using Control = std::variant<std::monostate, Hello, Welcome, Open, Opened, Begin, ChunkS16, ChunkF32, End,
                             Interrupt, Interrupted, Progress, Ping, Pong, Close, Closed, Error, Style,
                             Styled, Load, Loaded, Unload, Unloaded>;

/// Any message of the media sockets.
using MediaMessage =
    std::variant<std::monostate, Mesh, Texture, Frame, Audio, Event, Patch, Basis, Coefficients, Visemes>;

struct Head;
class BasisSum;
struct Image;

/// A mesh, a basis or a texture that outlives its message.
using Prepared = std::variant<std::monostate, std::shared_ptr<const Head>, std::shared_ptr<const BasisSum>,
                              std::shared_ptr<const Image>>;

/// One message of a media socket: whose, on which plane, what.
struct Media {
    std::string_view session;
    Plane plane = Plane::mesh;
    MediaMessage message;
    Prepared prepared;  // of the message, where Player::prepare was asked
};

/// Who may have sent it: a client reads what servers send, and refuses the rest.
enum class Sender : std::uint8_t { server, client, either };

/// The one message in these bytes. Fails with `version` when a greeting names another major version, else
/// with `protocol` for anything that is not exactly one well-formed message of that sender; `out` is
/// monostate then.
TALKWIRECORE_API bool decode_control(Bytes data, Sender sender, Control& out, Problem& problem);

/// The same for one part of a media socket: topic, zero byte, message.
TALKWIRECORE_API bool decode_media(Bytes part, Media& out, Problem& problem);

/// The same for a message of which it is known what it must be, without its topic.
template <class Message>
TALKWIRECORE_API bool decode(Bytes data, Message& out, Problem& problem);

/// Append the message to `out`. Fails with `protocol`, and `out` as it was, when a field holds what it may
/// not.
template <class Message>
TALKWIRECORE_API bool encode(const Message& message, Buffer& out, Problem& problem);

/// The number of the request in bytes that could not be decoded; 0 when it cannot be told.
TALKWIRECORE_API std::uint32_t ref_of(Bytes data);

/// The word that stands for it on the wire.
TALKWIRECORE_API std::string_view word(Codec codec);
TALKWIRECORE_API std::string_view word(ImageFormat format);
TALKWIRECORE_API std::string_view word(LineState state);
TALKWIRECORE_API std::string_view word(EventKind kind);

}  // namespace talkwire
