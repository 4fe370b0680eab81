// Messages for tests of the playing side: bytes that live as long as what is made here, and what a server would send.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

#include "Talkwire/MessageCodec.h"
#include "Talkwire/Player.h"

namespace messages {

using namespace talkwire;

constexpr std::uint32_t RATE = 16'000;

template <class T>
Buffer bytes_of(const std::vector<T>& values) {
    Buffer bytes(values.size() * sizeof(T));
    if (!bytes.empty()) {
        std::memcpy(bytes.data(), values.data(), bytes.size());
    }
    return bytes;
}

/// A half, for values that are one exactly: 0, 0.25, 0.5, 1.
inline std::uint16_t half(double value) {
    const int exponent = value == 0.0 ? 0 : 15 + std::ilogb(value);
    return static_cast<std::uint16_t>(exponent << 10);
}

/// A server with one head of so many vertices. What it makes stands until it is gone.
class Server {
public:
    explicit Server(std::uint32_t vertex_count = 4, std::uint32_t own = 2) : vertices_(vertex_count), own_(own) {
        std::memcpy(id_.digits, "0123456789abcdef", 17);
    }

    std::uint32_t generation = 0;

    const TopologyId& id() const { return id_; }
    float neutral(std::size_t value) const { return 0.001F * static_cast<float>(value % 100) - 0.05F; }

    Media mesh() {
        Mesh mesh;
        mesh.topology_id = id_;
        std::vector<float> neutral_vx3(3 * vertices_);
        for (std::size_t i = 0; i < neutral_vx3.size(); ++i) {
            neutral_vx3[i] = neutral(i);
        }
        mesh.neutral_vx3 = keep(neutral_vx3);
        mesh.triangles_tx3 = keep(std::vector<std::uint32_t>{0, 1, 2});
        mesh.uvs_vx2 = keep(std::vector<float>(2 * vertices_));
        mesh.weld_v = keep(std::vector<std::uint32_t>(vertices_));
        mesh.box_low_m = keep(std::vector<float>{-0.2F, -0.2F, -0.2F});
        mesh.box_high_m = keep(std::vector<float>{0.2F, 0.2F, 0.2F});
        mesh.parts.add({"skin", 0, 1, 0.5, 0.5});
        mesh.frame_rate_hz = 60;
        mesh.generated = "algorithmicMedia";
        mesh.shows = "nobody";
        return media(Plane::mesh, mesh);
    }

    Media basis() {
        Basis basis;
        basis.topology_id = id_;
        basis.own = own_;
        std::vector<float> mean(3 * vertices_);
        for (std::size_t i = 0; i < mean.size(); ++i) {
            mean[i] = neutral(i);
        }
        basis.mean_vx3 = keep(mean);
        basis.blocks.add({0, vertices_, 0, own_});
        basis.scales_m = keep(std::vector<float>(own_, 1e-6F));
        std::vector<std::int16_t> steps(std::size_t{own_} * 3 * vertices_);
        for (std::size_t i = 0; i < steps.size(); ++i) {
            steps[i] = static_cast<std::int16_t>(i * 37 % 2001) - 1000;
        }
        basis.components = keep(steps);
        return media(Plane::basis, basis);
    }

    /// A frame whose jaw (the first weight) is open by `jaw`, and whose vertices are all `step` of q16.
    Media frame(std::uint32_t utterance, std::uint32_t seq, std::uint64_t pts, std::uint8_t flags, double jaw = 0.5,
                std::uint16_t step = 32'768) {
        Frame frame;
        stamp(frame, utterance, seq, pts, flags);
        std::vector<float> weights(ARKIT_SHAPES);
        weights[0] = static_cast<float>(jaw);
        frame.weights = keep(weights);
        frame.head_rotation = keep(std::vector<float>{0, 0, 0, 1});
        frame.head_translation_m = keep(std::vector<float>{0, 0, 0});
        frame.codec = Codec::q16;
        frame.vertex_count = vertices_;
        frame.vertices = keep(std::vector<std::uint16_t>(3 * vertices_, step));
        return media(Plane::frame_q16, frame);
    }

    Media coefficients(std::uint32_t utterance, std::uint32_t seq, std::uint64_t pts, std::uint8_t flags,
                       double jaw = 0.5) {
        Coefficients frame;
        stamp(frame, utterance, seq, pts, flags);
        frame.head_rotation = keep(std::vector<std::int16_t>{0, 0, 0, 32'767});
        frame.head_translation_m = keep(std::vector<std::uint16_t>(3));
        std::vector<std::uint16_t> weights(ARKIT_SHAPES);
        weights[0] = half(jaw);
        frame.weights = keep(weights);
        frame.own = keep(std::vector<std::uint16_t>(own_, half(0.25)));
        return media(Plane::frame_basis, frame);
    }

    Media audio(std::uint32_t utterance, std::uint64_t pts, std::size_t count, std::uint8_t flags = 0) {
        Audio audio;
        audio.utterance = utterance;
        audio.generation = generation;
        audio.pts = pts;
        audio.sample_rate_hz = RATE;
        audio.flags = flags;
        audio.samples = keep(std::vector<std::int16_t>(count, 1'000));
        return media(Plane::audio, audio);
    }

    Media patch(std::uint32_t utterance, std::uint64_t pts) {
        Patch patch;
        stamp(patch, utterance, 0, pts, KEY);
        patch.patches.add({8, 16, 6, 4, ImageFormat::bc1, keep(std::vector<std::uint8_t>(16, 7))});
        return media(Plane::patch_bc1, patch);
    }

    Media event(EventKind kind, std::uint32_t utterance) {
        Event event;
        event.kind = kind;
        event.utterance = utterance;
        event.generation = generation;
        event.sample_rate_hz = RATE;
        return media(Plane::event, event);
    }

    /// What was made is gone; the memory stays.
    template <class T>
    Bytes keep(const std::vector<T>& values) {
        kept_.push_back(bytes_of(values));
        return kept_.back();
    }

private:
    void stamp(Stamp& stamp, std::uint32_t utterance, std::uint32_t seq, std::uint64_t pts, std::uint8_t flags) const {
        stamp.topology_id = id_;
        stamp.utterance = utterance;
        stamp.generation = generation;
        stamp.seq = seq;
        stamp.pts = pts;
        stamp.sample_rate_hz = RATE;
        stamp.flags = flags;
    }

    template <class Message>
    static Media media(Plane plane, const Message& message) {
        Media media;
        media.session = "nova";
        media.plane = plane;
        media.message = message;
        return media;
    }

    TopologyId id_;
    std::uint32_t vertices_, own_;
    std::deque<Buffer> kept_;
};

/// A whole line in one moment: frames at 60 a second, sound in chunks of 20 ms.
inline void give_line(Player& player, Server& server, std::uint32_t utterance, double seconds, std::int64_t now_ns) {
    const auto count = static_cast<std::uint64_t>(seconds * RATE);
    for (std::uint64_t pts = 0, seq = 0; pts < count; pts += RATE / 60, ++seq) {
        const bool last = pts + RATE / 60 >= count;
        player.receive(server.frame(utterance, static_cast<std::uint32_t>(seq), pts,
                                    static_cast<std::uint8_t>(last ? KEY | LAST : KEY)),
                       now_ns);
    }
    for (std::uint64_t pts = 0; pts < count; pts += 320) {
        player.receive(server.audio(utterance, pts, 320, static_cast<std::uint8_t>(pts + 320 >= count ? LAST : 0)),
                       now_ns);
    }
}

}  // namespace messages
