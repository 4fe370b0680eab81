// Every bound of the wire in one table, as bridge/PROTOCOL.md has them; a test compares them with the
// server's. A bound is checked before memory is taken for what it bounds.
#pragma once

#include <cstddef>
#include <cstdint>

namespace talkwire {

inline constexpr unsigned PROTOCOL_MAJOR = 1;
inline constexpr unsigned PROTOCOL_MINOR = 3;

inline constexpr std::size_t MAX_CONTROL_BYTES = 2 * 1024 * 1024;  // one message to the server
inline constexpr std::size_t MAX_MEDIA_BYTES = 32 * 1024 * 1024;   // one message from the server
inline constexpr std::size_t MAX_VERTICES = 262'144;
inline constexpr std::size_t MAX_TRIANGLES = 524'288;
inline constexpr std::size_t MAX_TEXTURE_BYTES = 16 * 1024 * 1024;
inline constexpr std::size_t MAX_TEXTURE_SIDE_PX = 16'384;
inline constexpr std::size_t MAX_PATCHES = 16;        // rectangles of a texture that change
inline constexpr std::size_t MAX_COMPONENTS = 1'024;  // of a basis
inline constexpr std::size_t MAX_PARTS = 64;
inline constexpr std::size_t MAX_TEXT_CHARS = 512;
inline constexpr std::size_t MAX_ARRAY_ITEMS = 64;  // of any msgpack array; bulk data is never one

inline constexpr std::uint32_t MIN_SAMPLE_RATE_HZ = 4'000;
inline constexpr std::uint32_t MAX_SAMPLE_RATE_HZ = 384'000;
inline constexpr std::size_t MAX_CHUNK_SAMPLES = 384'000;

inline constexpr std::size_t MAX_PREFIX_BYTES = 128;  // of a subscription
inline constexpr double PEER_TIMEOUT_S = 5.0;         // silence after which a peer has gone
inline constexpr double MAX_QUEUED_S = 30.0;          // audio one NPC holds that it has not begun to speak

inline constexpr std::size_t ARKIT_SHAPES = 52;   // in Apple's order
inline constexpr std::size_t VISEME_SHAPES = 15;  // of Oculus LipSync, in its order

}  // namespace talkwire
