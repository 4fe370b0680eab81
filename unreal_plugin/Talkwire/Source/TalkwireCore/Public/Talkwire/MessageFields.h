// What each message consists of: one table a message, which the codec decodes, checks and encodes by, and
// programs print by. The tables are those of talkwire/bridge/wire.py and wire_media.py, in the same order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>

#include "Talkwire/Fields.h"

namespace talkwire::fields {

inline constexpr double MOST_STRENGTH = 2, MOST_LAYER = 2, MOST_GAIN = 4, MOST_LOOK_DEG = 90;  // of a style

/// The fields of a message, and how many of them every version says: the rest have defaults.
template <class M>
struct FieldsOf;

template <>
struct FieldsOf<Hello> {
    static constexpr std::size_t required = 5;
    static constexpr auto fields = std::make_tuple(
        ref(&Hello::ref), whole("major", &Hello::major, 0, 65535), whole("minor", &Hello::minor, 0, 65535),
        text("agent", &Hello::agent, SENTENCE), words("capabilities", &Hello::capabilities, CAPABILITY),
        whole("bandwidth_kbit_s", &Hello::bandwidth_kbit_s, 0, std::uint64_t{1} << 31),
        text("token", &Hello::token, SENTENCE));
};
template <>
struct FieldsOf<Welcome> {
    static constexpr std::size_t required = 7;
    static constexpr auto fields =
        std::make_tuple(ref(&Welcome::ref), whole("major", &Welcome::major, 0, 65535),
                        whole("minor", &Welcome::minor, 0, 65535), text("agent", &Welcome::agent, SENTENCE),
                        words("capabilities", &Welcome::capabilities, CAPABILITY),
                        whole("media_port", &Welcome::media_port, 1, 65535),
                        whole("motion_port", &Welcome::motion_port, 1, 65535),
                        text("run", &Welcome::run, RUN), words("avatars", &Welcome::avatars, AVATAR));
};
template <>
struct FieldsOf<Open> {
    static constexpr std::size_t required = 2;
    static constexpr auto fields = std::make_tuple(ref(&Open::ref), text("session", &Open::session, SESSION),
                                                   text("avatar", &Open::avatar, AVATAR));
};
template <>
struct FieldsOf<Opened> {
    static constexpr std::size_t required = 6;
    static constexpr auto fields = std::make_tuple(
        ref(&Opened::ref), text("session", &Opened::session, SESSION), topology_id(&Opened::topology_id),
        whole("frame_rate_hz", &Opened::frame_rate_hz, 1, 1000),
        real("look_ahead_s", &Opened::look_ahead_s, 0, 60),
        real("max_queued_s", &Opened::max_queued_s, 0, 3600), text("avatar", &Opened::avatar, AVATAR),
        text("frames", &Opened::frames, PLANE));
};
template <>
struct FieldsOf<Begin> {
    static constexpr std::size_t required = 4;
    static constexpr auto fields =
        std::make_tuple(ref(&Begin::ref), text("session", &Begin::session, SESSION),
                        u32("line", &Begin::line), rate(&Begin::sample_rate_hz));
};
template <>
struct FieldsOf<ChunkS16> {
    static constexpr std::size_t required = 4;
    static constexpr auto fields = std::make_tuple(
        ref(&ChunkS16::ref), text("session", &ChunkS16::session, SESSION), u32("line", &ChunkS16::line),
        raw("samples", &ChunkS16::samples, Scalar::i2, 1, 1, MAX_CHUNK_SAMPLES));
};
template <>
struct FieldsOf<ChunkF32> {
    static constexpr std::size_t required = 4;
    static constexpr auto fields = std::make_tuple(
        ref(&ChunkF32::ref), text("session", &ChunkF32::session, SESSION), u32("line", &ChunkF32::line),
        raw("samples", &ChunkF32::samples, Scalar::f4, 1, 1, MAX_CHUNK_SAMPLES, -16, 16));
};
template <>
struct FieldsOf<End> {
    static constexpr std::size_t required = 3;
    static constexpr auto fields =
        std::make_tuple(ref(&End::ref), text("session", &End::session, SESSION), u32("line", &End::line));
};
template <>
struct FieldsOf<Interrupt> {
    static constexpr std::size_t required = 2;
    static constexpr auto fields =
        std::make_tuple(ref(&Interrupt::ref), text("session", &Interrupt::session, SESSION));
};
template <>
struct FieldsOf<Interrupted> {
    static constexpr std::size_t required = 3;
    static constexpr auto fields =
        std::make_tuple(ref(&Interrupted::ref), text("session", &Interrupted::session, SESSION),
                        u32("generation", &Interrupted::generation));
};
template <>
struct FieldsOf<Progress> {
    static constexpr std::size_t required = 6;
    static constexpr auto fields =
        std::make_tuple(text("session", &Progress::session, SESSION), u32("line", &Progress::line),
                        choice("state", &Progress::state), u32("utterance", &Progress::utterance),
                        pts("received_samples", &Progress::received_samples),
                        pts("played_samples", &Progress::played_samples));
};
template <>
struct FieldsOf<Ping> {
    static constexpr std::size_t required = 2;
    static constexpr auto fields =
        std::make_tuple(ref(&Ping::ref), nanoseconds("client_ns", &Ping::client_ns));
};
template <>
struct FieldsOf<Pong> {
    static constexpr std::size_t required = 3;
    static constexpr auto fields =
        std::make_tuple(ref(&Pong::ref), nanoseconds("client_ns", &Pong::client_ns),
                        nanoseconds("server_ns", &Pong::server_ns), real("load", &Pong::load, 0, 1),
                        whole("level", &Pong::level, 0, 15));
};
template <>
struct FieldsOf<Close> {
    static constexpr std::size_t required = 2;
    static constexpr auto fields =
        std::make_tuple(ref(&Close::ref), text("session", &Close::session, SESSION));
};
template <>
struct FieldsOf<Closed> {
    static constexpr std::size_t required = 2;
    static constexpr auto fields =
        std::make_tuple(ref(&Closed::ref), text("session", &Closed::session, SESSION));
};
template <>
struct FieldsOf<Error> {
    static constexpr std::size_t required = 6;
    static constexpr auto fields =
        std::make_tuple(ref(&Error::ref), text("code", &Error::code, CODE),
                        text("what", &Error::what, SENTENCE), text("seen", &Error::seen, SENTENCE),
                        text("wanted", &Error::wanted, SENTENCE), text("cure", &Error::cure, SENTENCE));
};
template <>
struct FieldsOf<Style> {
    static constexpr std::size_t required = 8;
    static constexpr auto fields = std::make_tuple(
        ref(&Style::ref), text("session", &Style::session, SESSION),
        real("strength", &Style::strength, 0, MOST_STRENGTH),
        rows("emotions", &Style::emotions, text("name", &Style::Share::name, CODE),
             real("share", &Style::Share::share, 0, 1)),
        rows("layers", &Style::layers, text("name", &Style::Share::name, CODE),
             real("share", &Style::Share::share, 0, MOST_LAYER)),
        rows("look_at_deg", &Style::look_at_deg,
             real("yaw", &Style::LookAt::yaw, -MOST_LOOK_DEG, MOST_LOOK_DEG),
             real("pitch", &Style::LookAt::pitch, -MOST_LOOK_DEG, MOST_LOOK_DEG)),
        real("follow_voice", &Style::follow_voice, 0, 1),
        rows("shapes", &Style::shapes, text("name", &Style::Shape::name, SHAPE),
             real("gain", &Style::Shape::gain, -MOST_GAIN, MOST_GAIN),
             real("offset", &Style::Shape::offset, -MOST_GAIN, MOST_GAIN),
             real("least", &Style::Shape::least, 0, 1), real("most", &Style::Shape::most, 0, 1)),
        u32("line", &Style::line), pts("pts", &Style::pts));
};
template <>
struct FieldsOf<Styled> {
    static constexpr std::size_t required = 2;
    static constexpr auto fields =
        std::make_tuple(ref(&Styled::ref), text("session", &Styled::session, SESSION));
};
template <>
struct FieldsOf<Load> {
    static constexpr std::size_t required = 2;
    static constexpr auto fields = std::make_tuple(ref(&Load::ref), text("avatar", &Load::avatar, AVATAR));
};
template <>
struct FieldsOf<Loaded> {
    static constexpr std::size_t required = 3;
    static constexpr auto fields = std::make_tuple(ref(&Loaded::ref), text("avatar", &Loaded::avatar, AVATAR),
                                                   topology_id(&Loaded::topology_id));
};
template <>
struct FieldsOf<Unload> {
    static constexpr std::size_t required = 2;
    static constexpr auto fields =
        std::make_tuple(ref(&Unload::ref), text("avatar", &Unload::avatar, AVATAR));
};
template <>
struct FieldsOf<Unloaded> {
    static constexpr std::size_t required = 2;
    static constexpr auto fields =
        std::make_tuple(ref(&Unloaded::ref), text("avatar", &Unloaded::avatar, AVATAR));
};

template <>
struct FieldsOf<Mesh> {
    static constexpr std::size_t required = 9;
    static constexpr auto fields = std::make_tuple(
        topology_id(&Mesh::topology_id),
        raw("neutral_vx3", &Mesh::neutral_vx3, Scalar::f4, 3, 3, MAX_VERTICES),
        raw("triangles_tx3", &Mesh::triangles_tx3, Scalar::u4, 3, 1, MAX_TRIANGLES),
        raw("uvs_vx2", &Mesh::uvs_vx2, Scalar::f4, 2, 3, MAX_VERTICES),
        raw("weld_v", &Mesh::weld_v, Scalar::u4, 1, 3, MAX_VERTICES), vector3("box_low_m", &Mesh::box_low_m),
        vector3("box_high_m", &Mesh::box_high_m),
        rows("parts", &Mesh::parts, text("name", &Mesh::Part::name, PART_NAME),
             whole("first_triangle", &Mesh::Part::first_triangle, 0, MAX_TRIANGLES),
             whole("triangle_count", &Mesh::Part::triangle_count, 0, MAX_TRIANGLES),
             real("roughness", &Mesh::Part::roughness, 0, 1), real("specular", &Mesh::Part::specular, 0, 1)),
        whole("frame_rate_hz", &Mesh::frame_rate_hz, 1, 1000), text("generated", &Mesh::generated, TERM),
        text("shows", &Mesh::shows, SENTENCE));
};
template <>
struct FieldsOf<Texture> {
    static constexpr std::size_t required = 3;
    static constexpr auto fields =
        std::make_tuple(topology_id(&Texture::topology_id),
                        choice("format", &Texture::format, ImageFormat::png, ImageFormat::bc1),
                        raw("image", &Texture::image, Scalar::u1, 1, 1, MAX_TEXTURE_BYTES),
                        whole("width_px", &Texture::width_px, 0, MAX_TEXTURE_SIDE_PX),
                        whole("height_px", &Texture::height_px, 0, MAX_TEXTURE_SIDE_PX));
};

inline constexpr auto STAMP =
    std::make_tuple(topology_id(&Stamp::topology_id), u32("utterance", &Stamp::utterance),
                    u32("generation", &Stamp::generation), u32("seq", &Stamp::seq), pts("pts", &Stamp::pts),
                    rate(&Stamp::sample_rate_hz), whole("flags", &Stamp::flags, 0, 255),
                    nanoseconds("server_ns", &Stamp::server_ns));
inline constexpr std::size_t STAMPED = std::tuple_size_v<decltype(STAMP)>;

template <>
struct FieldsOf<Frame> {
    static constexpr std::size_t required = STAMPED + 6;
    static constexpr auto fields = std::tuple_cat(
        STAMP, std::make_tuple(
                   raw("weights", &Frame::weights, Scalar::f4, ARKIT_SHAPES, 1, 1, 0, 1),
                   raw("head_rotation", &Frame::head_rotation, Scalar::f4, 4, 1, 1, -1.001f, 1.001f),
                   vector3("head_translation_m", &Frame::head_translation_m), choice("codec", &Frame::codec),
                   whole("vertex_count", &Frame::vertex_count, 3, MAX_VERTICES),
                   raw("vertices", &Frame::vertices, Scalar::u1, 1, 13, 12 * MAX_VERTICES),
                   whole("every", &Frame::every, 1, 240),
                   raw("normals", &Frame::normals, Scalar::i1, 2, 0, MAX_VERTICES)));
};
template <>
struct FieldsOf<Audio> {
    static constexpr std::size_t required = 7;
    static constexpr auto fields =
        std::make_tuple(u32("utterance", &Audio::utterance), u32("generation", &Audio::generation),
                        pts("pts", &Audio::pts), rate(&Audio::sample_rate_hz),
                        whole("flags", &Audio::flags, 0, 255), nanoseconds("server_ns", &Audio::server_ns),
                        raw("samples", &Audio::samples, Scalar::i2, 1, 0, MAX_CHUNK_SAMPLES));
};
template <>
struct FieldsOf<Event> {
    static constexpr std::size_t required = 8;
    static constexpr auto fields =
        std::make_tuple(choice("kind", &Event::kind), u32("utterance", &Event::utterance),
                        u32("generation", &Event::generation), pts("pts", &Event::pts),
                        rate(&Event::sample_rate_hz), nanoseconds("server_ns", &Event::server_ns),
                        nanoseconds("heard_ns", &Event::heard_ns), text("reason", &Event::reason, SENTENCE));
};
template <>
struct FieldsOf<Patch> {
    static constexpr std::size_t required = STAMPED + 1;
    static constexpr auto fields = std::tuple_cat(
        STAMP, std::make_tuple(rows(
                   "patches", &Patch::patches, whole("left", &Patch::Rectangle::left, 0, MAX_TEXTURE_SIDE_PX),
                   whole("top", &Patch::Rectangle::top, 0, MAX_TEXTURE_SIDE_PX),
                   whole("width", &Patch::Rectangle::width, 1, MAX_TEXTURE_SIDE_PX),
                   whole("height", &Patch::Rectangle::height, 1, MAX_TEXTURE_SIDE_PX),
                   choice("format", &Patch::Rectangle::format, ImageFormat::jpeg),
                   raw("image", &Patch::Rectangle::image, Scalar::u1, 1, 1, MAX_TEXTURE_BYTES))));
};
template <>
struct FieldsOf<Basis> {
    static constexpr std::size_t required = 7;
    static constexpr auto fields = std::make_tuple(
        topology_id(&Basis::topology_id), whole("own", &Basis::own, 0, MAX_COMPONENTS),
        real("error_m", &Basis::error_m, 0, 1),
        raw("mean_vx3", &Basis::mean_vx3, Scalar::f4, 3, 3, MAX_VERTICES),
        rows("blocks", &Basis::blocks, whole("first_vertex", &Basis::Block::first_vertex, 0, MAX_VERTICES),
             whole("vertex_count", &Basis::Block::vertex_count, 1, MAX_VERTICES),
             whole("first_coefficient", &Basis::Block::first_coefficient, 0, MAX_COMPONENTS),
             whole("component_count", &Basis::Block::component_count, 1, MAX_COMPONENTS)),
        raw("scales_m", &Basis::scales_m, Scalar::f4, 1, 0, MAX_COMPONENTS),
        raw("components", &Basis::components, Scalar::i2, 3, 0, MAX_MEDIA_BYTES / 6));
};
template <>
struct FieldsOf<Coefficients> {
    static constexpr std::size_t required = STAMPED + 4;
    static constexpr auto fields = std::tuple_cat(
        STAMP,
        std::make_tuple(raw("head_rotation", &Coefficients::head_rotation, Scalar::i2, 4, 1, 1),
                        raw("head_translation_m", &Coefficients::head_translation_m, Scalar::f2, 3, 1, 1),
                        raw("weights", &Coefficients::weights, Scalar::f2, ARKIT_SHAPES, 1, 1, 0, 1),
                        raw("own", &Coefficients::own, Scalar::f2, 1, 0, MAX_COMPONENTS),
                        whole("every", &Coefficients::every, 1, 240)));
};
template <>
struct FieldsOf<Visemes> {
    static constexpr std::size_t required = STAMPED + 1;
    static constexpr auto fields = std::tuple_cat(
        STAMP, std::make_tuple(raw("shares", &Visemes::shares, Scalar::f2, VISEME_SHAPES, 1, 1, 0, 1),
                               whole("every", &Visemes::every, 1, 240)));
};

}  // namespace talkwire::fields
