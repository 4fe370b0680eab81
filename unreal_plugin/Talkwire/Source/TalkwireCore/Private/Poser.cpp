#include "Talkwire/Poser.h"

#include <algorithm>
#include <cstring>

#include "Talkwire/Half.h"

namespace talkwire {

namespace {

Block copy_of(const Pool& pool, Bytes bytes) {
    Block block = pool.take(bytes.size);
    if (!bytes.empty()) {
        std::memcpy(block.data(), bytes.data, bytes.size);
    }
    return block;
}

void stamp(const Stamp& message, std::uint8_t every, Moment& moment) {
    moment.topology_id = message.topology_id;
    moment.utterance = message.utterance;
    moment.generation = message.generation;
    moment.seq = message.seq;
    moment.pts = static_cast<std::int64_t>(message.pts);
    moment.sample_rate_hz = message.sample_rate_hz;
    moment.server_ns = message.server_ns;
    moment.flags = message.flags;
    moment.every = every;
}

}  // namespace

void Poser::take(const std::shared_ptr<const Head>& head) {
    if (head_ && head_->same(*head)) {  // it is sent again whenever somebody else subscribes
        return;
    }
    head_ = head;
    vertices_.reset(head->mesh);
}

bool Poser::keep(const Frame& message, Held<Moment>& kept) {
    kept = Held<Moment>::in(pool_);
    Moment& moment = kept.make();
    stamp(message, message.every, moment);
    read_face(message, moment.face);
    moment.count = message.vertex_count;
    if (!message.normals.empty()) {
        moment.normals = copy_of(pool_, message.normals);
    }
    if (message.codec == Codec::delta8 && knows(message.topology_id, message.vertex_count)) {
        return unpack(message, moment);
    }
    constexpr Moment::Kind kinds[] = {Moment::Kind::f32, Moment::Kind::q16, Moment::Kind::delta8};
    moment.kind = kinds[static_cast<std::size_t>(message.codec)];
    moment.values = copy_of(pool_, message.vertices);
    return true;
}

bool Poser::keep(const Coefficients& message, Held<Moment>& kept) {
    kept = Held<Moment>::in(pool_);
    Moment& moment = kept.make();
    stamp(message, message.every, moment);
    read_face(message, moment.face);
    moment.kind = Moment::Kind::coefficients;
    moment.count = static_cast<std::uint32_t>(message.own.size / 2);
    moment.values = pool_.take(moment.count * sizeof(float));
    halves_to_floats(message.own.data, moment.count, reinterpret_cast<float*>(moment.values.data()));
    return true;
}

bool Poser::can(const Track& track) const {
    if (!track.has_frames() || track.bare) {
        return track.has_frames();
    }
    const Moment& frame = track.oldest();
    const bool based =
        frame.kind != Moment::Kind::coefficients || (basis_ && basis_->topology_id() == frame.topology_id);
    return based && head_ && head_->mesh.topology_id == frame.topology_id;
}

Picture Poser::picture(Track& track, std::int64_t moment, std::int64_t heard, const Picture* shown) {
    Held<Moment> before, after;
    double share = 0.0;
    track.around(moment, before, after, share);
    const auto first = static_cast<double>(before->pts), last = static_cast<double>(after->pts);
    Picture picture;
    picture.utterance = static_cast<std::uint32_t>(track.id);
    picture.generation = track.generation;
    picture.idle = track.idle;
    picture.time_s = track.seconds(first + share * (last - first));
    picture.heard_s = track.seconds(static_cast<double>(heard));
    const auto part = static_cast<float>(share);
    picture.face = mix(before->face, after->face, part, part);
    if (!track.bare) {
        picture.shape = shape(before).towards(shape(after), part);
    }
    picture.patch = track.patch(moment);
    if (!picture.patch && shown != nullptr) {
        picture.patch = shown->patch;
    }
    return picture;
}

bool Poser::knows(const TopologyId& topology_id, std::uint32_t vertex_count) const {
    return head_ && head_->mesh.topology_id == topology_id && head_->mesh.vertex_count() == vertex_count;
}

bool Poser::unpack(const Frame& message, Moment& moment) {
    Block values = pool_.take(message.vertex_count * 3 * sizeof(float));
    Problem problem;
    if (!vertices_.decode(message, reinterpret_cast<float*>(values.data()), problem)) {
        moment.kind = Moment::Kind::none;
        return false;
    }
    moment.kind = Moment::Kind::f32;
    moment.values = std::move(values);
    return true;
}

Shape Poser::shape(const Held<Moment>& moment) {
    if (moment->kind == Moment::Kind::delta8 && knows(moment->topology_id, moment->count)) {  // it came before its mesh
        Frame packed;
        packed.topology_id = moment->topology_id;
        packed.codec = Codec::delta8;
        packed.vertex_count = moment->count;
        Moment& unpacked = moment.make();
        const Block values = std::move(unpacked.values);
        packed.vertices = values.bytes();
        unpack(packed, unpacked);
    }
    return Shape::of(moment, head_, basis_);
}

}  // namespace talkwire
