// Every message of the protocol (bridge/PROTOCOL.md), in the order of their tags, with the fields' names
// there.
//
// Text and bulk data are views into the bytes that were decoded: a message lives as long as they do. All else
// is in place, so that decoding into a message again allocates nothing, and copying one is copying memory.
// Defaults are those of fields that an older minor version does not say. Times are nanoseconds of the
// server's monotonic clock.
#pragma once

#include <cstdint>
#include <string_view>

#include "Talkwire/Bytes.h"
#include "Talkwire/Limits.h"

namespace talkwire {

/// Bits of `flags`.
enum Flag : std::uint8_t {
    IDLE = 1,    // an utterance without sound: blinks, gaze
    LAST = 2,    // of its utterance
    KEY = 4,     // needs no earlier frame
    REPEAT = 8,  // sent again for who joined late
};

enum class Codec : std::uint8_t { f32, q16, delta8 };
enum class ImageFormat : std::uint8_t { png, jpeg, bc1, rgb };
enum class LineState : std::uint8_t { queued, speaking, done, interrupted };
enum class EventKind : std::uint8_t { started, ended, interrupted, closed };

/// Which mesh a frame belongs to: 16 hexadecimal digits. A value of its own, to outlive the message.
struct TopologyId {
    char digits[17] = "";

    std::string_view text() const { return digits; }
    friend bool operator==(const TopologyId& a, const TopologyId& b) { return a.text() == b.text(); }
    friend bool operator!=(const TopologyId& a, const TopologyId& b) { return !(a == b); }
};

// On the control socket: what clients ask, and what servers answer.

/// The first word of a client. Tag and first three fields never change, in any version.
struct Hello {
    static constexpr unsigned tag = 1;
    static constexpr const char* name = "Hello";
    std::uint32_t ref = 0;
    std::uint16_t major = PROTOCOL_MAJOR, minor = PROTOCOL_MINOR;
    std::string_view agent;
    List<std::string_view, MAX_ARRAY_ITEMS> capabilities;
    std::uint32_t bandwidth_kbit_s = 0;  // for one NPC; 0: enough for anything
    std::string_view token;
};

/// The answer to Hello. The media ports are on the host that the client reached.
struct Welcome {
    static constexpr unsigned tag = 2;
    static constexpr const char* name = "Welcome";
    std::uint32_t ref = 0;
    std::uint16_t major = PROTOCOL_MAJOR, minor = PROTOCOL_MINOR;
    std::string_view agent;
    List<std::string_view, MAX_ARRAY_ITEMS> capabilities;
    std::uint16_t media_port = 0, motion_port = 0;
    std::string_view run;  // another one after a restart
    List<std::string_view, MAX_ARRAY_ITEMS> avatars;
};

/// Create or join the NPC of this name. avatar: who is to be created; empty: the server's first one.
struct Open {
    static constexpr unsigned tag = 3;
    static constexpr const char* name = "Open";
    std::uint32_t ref = 0;
    std::string_view session, avatar;
};

/// The answer to Open. frames: the plane that suits this client.
struct Opened {
    static constexpr unsigned tag = 4;
    static constexpr const char* name = "Opened";
    std::uint32_t ref = 0;
    std::string_view session;
    TopologyId topology_id;
    std::uint16_t frame_rate_hz = 0;
    double look_ahead_s = 0, max_queued_s = 0;
    std::string_view avatar, frames;
};

/// A new line of speech. `line` is the client's own number, larger than any it used before.
struct Begin {
    static constexpr unsigned tag = 5;
    static constexpr const char* name = "Begin";
    std::uint32_t ref = 0;
    std::string_view session;
    std::uint32_t line = 0, sample_rate_hz = 0;
};

/// More audio of a line: mono i16.
struct ChunkS16 {
    static constexpr unsigned tag = 6;
    static constexpr const char* name = "ChunkS16";
    std::uint32_t ref = 0;
    std::string_view session;
    std::uint32_t line = 0;
    Bytes samples;
};

/// More audio of a line: mono f32 in [-1, 1].
struct ChunkF32 {
    static constexpr unsigned tag = 7;
    static constexpr const char* name = "ChunkF32";
    std::uint32_t ref = 0;
    std::string_view session;
    std::uint32_t line = 0;
    Bytes samples;
};

/// The line is complete.
struct End {
    static constexpr unsigned tag = 8;
    static constexpr const char* name = "End";
    std::uint32_t ref = 0;
    std::string_view session;
    std::uint32_t line = 0;
};

/// Cut every line of the NPC, spoken or queued.
struct Interrupt {
    static constexpr unsigned tag = 9;
    static constexpr const char* name = "Interrupt";
    std::uint32_t ref = 0;
    std::string_view session;
};

/// The answer to Interrupt: frames and audio of an older generation are void.
struct Interrupted {
    static constexpr unsigned tag = 10;
    static constexpr const char* name = "Interrupted";
    std::uint32_t ref = 0;
    std::string_view session;
    std::uint32_t generation = 0;
};

/// How far a line has come: on every change, and ten times a second.
struct Progress {
    static constexpr unsigned tag = 11;
    static constexpr const char* name = "Progress";
    std::string_view session;
    std::uint32_t line = 0;
    LineState state = LineState::queued;
    std::uint32_t utterance = 0;  // 0 while queued
    std::uint64_t received_samples = 0, played_samples = 0;
};

/// At least every second: tells that the client is alive, and measures the clocks' offset.
struct Ping {
    static constexpr unsigned tag = 12;
    static constexpr const char* name = "Ping";
    std::uint32_t ref = 0;
    std::uint64_t client_ns = 0;
};

/// The answer to Ping. load: the share of its time that the server works.  level: steps of quality that it
/// saves.
struct Pong {
    static constexpr unsigned tag = 13;
    static constexpr const char* name = "Pong";
    std::uint32_t ref = 0;
    std::uint64_t client_ns = 0, server_ns = 0;
    double load = 0;
    std::uint8_t level = 0;
};

/// Leave the NPC; what was said so far is spoken to its end.
struct Close {
    static constexpr unsigned tag = 14;
    static constexpr const char* name = "Close";
    std::uint32_t ref = 0;
    std::string_view session;
};

/// The answer to Close; ref 0: unasked, the NPC is gone.
struct Closed {
    static constexpr unsigned tag = 15;
    static constexpr const char* name = "Closed";
    std::uint32_t ref = 0;
    std::string_view session;
};

/// A request was refused, or (ref 0) something else went wrong. Same layout in every version.
struct Error {
    static constexpr unsigned tag = 16;
    static constexpr const char* name = "Error";
    std::uint32_t ref = 0;
    std::string_view code, what, seen, wanted, cure;
};

/// How an NPC speaks and feels from now on, or from sample `pts` of `line` on.
struct Style {
    static constexpr unsigned tag = 17;
    static constexpr const char* name = "Style";
    struct Share {
        std::string_view name;
        double share = 0;
    };
    struct LookAt {
        double yaw = 0, pitch = 0;
    };
    struct Shape {
        std::string_view name;
        double gain = 1, offset = 0, least = 0, most = 1;
    };
    std::uint32_t ref = 0;
    std::string_view session;
    double strength = 1;
    List<Share, MAX_ARRAY_ITEMS> emotions, layers;
    List<LookAt, 1> look_at_deg;
    double follow_voice = 0;
    List<Shape, MAX_ARRAY_ITEMS> shapes;
    std::uint32_t line = 0;  // 0: now
    std::uint64_t pts = 0;
};

/// The answer to Style.
struct Styled {
    static constexpr unsigned tag = 18;
    static constexpr const char* name = "Styled";
    std::uint32_t ref = 0;
    std::string_view session;
};

/// Have this avatar ready, warm, before the first NPC wants it.
struct Load {
    static constexpr unsigned tag = 19;
    static constexpr const char* name = "Load";
    std::uint32_t ref = 0;
    std::string_view avatar;
};

/// The answer to Load, once it is ready.
struct Loaded {
    static constexpr unsigned tag = 20;
    static constexpr const char* name = "Loaded";
    std::uint32_t ref = 0;
    std::string_view avatar;
    TopologyId topology_id;
};

/// Give this avatar's memory back. Refused while an NPC has it.
struct Unload {
    static constexpr unsigned tag = 21;
    static constexpr const char* name = "Unload";
    std::uint32_t ref = 0;
    std::string_view avatar;
};

/// The answer to Unload.
struct Unloaded {
    static constexpr unsigned tag = 22;
    static constexpr const char* name = "Unloaded";
    std::uint32_t ref = 0;
    std::string_view avatar;
};

// On the media and motion sockets: what everybody may read.

/// What never changes while an avatar speaks. Retained.
struct Mesh {
    static constexpr unsigned tag = 32;
    static constexpr const char* name = "Mesh";
    struct Part {
        std::string_view name;
        std::uint32_t first_triangle = 0, triangle_count = 0;
        double roughness = 0, specular = 0;
    };
    TopologyId topology_id;
    Bytes neutral_vx3;            // f32, metres
    Bytes triangles_tx3;          // u32, counter-clockwise fronts
    Bytes uvs_vx2;                // f32, v grows downward
    Bytes weld_v;                 // u32: the first vertex at the same place, across seams
    Bytes box_low_m, box_high_m;  // 3 f32
    List<Part, MAX_PARTS> parts;
    std::uint16_t frame_rate_hz = 0;
    std::string_view generated;  // IPTC's word for how; empty: it was not said
    std::string_view shows;      // who is shown, and that they agreed

    std::size_t vertex_count() const { return neutral_vx3.size / 12; }
    std::size_t triangle_count() const { return triangles_tx3.size / 12; }
};

/// The image that the UVs index, sRGB: an encoded file, or BC1 blocks. Retained. The size is said of BC1
/// only.
struct Texture {
    static constexpr unsigned tag = 33;
    static constexpr const char* name = "Texture";
    TopologyId topology_id;
    ImageFormat format = ImageFormat::png;
    Bytes image;
    std::uint32_t width_px = 0, height_px = 0;
};

/// What every message of a moment begins with. pts counts samples of the utterance at sample_rate_hz.
struct Stamp {
    TopologyId topology_id;
    std::uint32_t utterance = 0, generation = 0, seq = 0;
    std::uint64_t pts = 0;
    std::uint32_t sample_rate_hz = 0;
    std::uint8_t flags = 0;
    std::uint64_t server_ns = 0;
};

/// One moment of the face.
struct Frame : Stamp {
    static constexpr unsigned tag = 34;
    static constexpr const char* name = "Frame";
    Bytes weights;             // 52 f32
    Bytes head_rotation;       // 4 f32 xyzw
    Bytes head_translation_m;  // 3 f32
    Codec codec = Codec::f32;
    std::uint32_t vertex_count = 0;
    Bytes vertices;
    std::uint8_t every = 1;  // just now, frames are sent whose seq this divides
    Bytes normals;           // octahedral, 2 i8 a vertex, or none
};

/// The sound of an utterance: mono i16, from sample pts on.
struct Audio {
    static constexpr unsigned tag = 35;
    static constexpr const char* name = "Audio";
    std::uint32_t utterance = 0, generation = 0;
    std::uint64_t pts = 0;
    std::uint32_t sample_rate_hz = 0;
    std::uint8_t flags = 0;
    std::uint64_t server_ns = 0;
    Bytes samples;

    std::size_t sample_count() const { return samples.size / 2; }
};

/// Something happened to an utterance, exactly once.
struct Event {
    static constexpr unsigned tag = 36;
    static constexpr const char* name = "Event";
    EventKind kind = EventKind::started;
    std::uint32_t utterance = 0, generation = 0;
    std::uint64_t pts = 0;
    std::uint32_t sample_rate_hz = 0;
    std::uint64_t server_ns = 0, heard_ns = 0;
    std::string_view reason;
};

/// The rectangles of the texture that change with the expression, all of them, at one moment, in pixels of
/// it.
struct Patch : Stamp {
    static constexpr unsigned tag = 37;
    static constexpr const char* name = "Patch";
    struct Rectangle {
        std::uint32_t left = 0, top = 0, width = 0, height = 0;
        ImageFormat format = ImageFormat::jpeg;
        Bytes image;
    };
    List<Rectangle, MAX_PATCHES> patches;
};

/// The head as a sum, for readers of coefficients. Retained.
struct Basis {
    static constexpr unsigned tag = 38;
    static constexpr const char* name = "Basis";
    struct Block {
        std::uint32_t first_vertex = 0, vertex_count = 0, first_coefficient = 0, component_count = 0;
    };
    TopologyId topology_id;
    std::uint32_t own = 0;  // coefficients before the 52 weights
    double error_m = 0;
    Bytes mean_vx3;  // f32
    List<Block, MAX_PARTS> blocks;
    Bytes scales_m;    // f32, one a component, block after block
    Bytes components;  // i16 [component_count, vertex_count, 3], block after block

    std::size_t vertex_count() const { return mean_vx3.size / 12; }
};

/// A frame for who has the basis, or just the shapes. own: empty on the plane `frame/arkit`.
struct Coefficients : Stamp {
    static constexpr unsigned tag = 39;
    static constexpr const char* name = "Coefficients";
    Bytes head_rotation;       // 4 i16 xyzw, times 32767
    Bytes head_translation_m;  // 3 f16
    Bytes weights;             // 52 f16
    Bytes own;                 // f16
    std::uint8_t every = 1;
};

/// How near the mouth is to each of Oculus LipSync's 15 visemes; together 1.
struct Visemes : Stamp {
    static constexpr unsigned tag = 40;
    static constexpr const char* name = "Visemes";
    Bytes shares;  // 15 f16
    std::uint8_t every = 1;
};

}  // namespace talkwire
