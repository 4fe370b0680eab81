// The vertices of a picture, as a sum of frames that nobody has added up yet.
//
// Drawing between two frames, holding, resting and fading are all sums whose weights add up to 1. So a picture says
// which frames and how much of each, and who wants its vertices adds them up once, on any thread: q16 is decoded and
// mixed in one pass, a basis is multiplied once with the mixed coefficients.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Held.h"
#include "Talkwire/Messages.h"
#include "Talkwire/Pool.h"
#include "Talkwire/Vertices.h"

namespace talkwire {

/// What never changes of a head: a Mesh that outlives its message.
struct TALKWIRECORE_API Head {
    explicit Head(const Mesh& message);
    Head(const Head&) = delete;
    Head& operator=(const Head&) = delete;

    /// Whether both say the same.
    bool same(const Head& other) const;

    Mesh mesh;  // views into `bytes`
    Buffer bytes;
    std::vector<float> neutral_vx3;
    static constexpr std::size_t PIECE = 768;  // values that are added up while they are near; a multiple of 3
    std::array<float, PIECE> low_m, step_m;    // of q16: x, y, z, x, y, z, ...
};

/// One frame as a player keeps it.
struct Moment {
    enum class Kind : std::uint8_t { none, f32, q16, delta8, coefficients };

    TopologyId topology_id;
    std::uint32_t utterance = 0, generation = 0, seq = 0, sample_rate_hz = 0;
    std::int64_t pts = 0;
    std::uint64_t server_ns = 0;
    std::uint8_t flags = 0, every = 1;
    Face face;
    Kind kind = Kind::none;
    std::uint32_t count = 0;  // of vertices, or of own coefficients
    Block values;             // what `kind` says; coefficients as floats
    Block normals;            // octahedral, or none
    std::size_t kept_bytes = 0;  // for which its track has room
};

/// Sum of weight times frame, over a head. Copying it copies references.
class TALKWIRECORE_API Shape {
public:
    static constexpr std::size_t MOST = 16;  // terms: a fade within a fade within a fade has eight

    Shape() = default;
    /// The head that does nothing.
    static Shape neutral(std::shared_ptr<const Head> head);
    /// A frame, of coefficients where there is a basis; empty where the frame does not belong to this head.
    static Shape of(const Held<Moment>& moment, std::shared_ptr<const Head> head,
                    std::shared_ptr<const BasisSum> basis);

    bool empty() const { return terms_.empty(); }
    std::size_t vertex_count() const { return head_ ? head_->neutral_vx3.size() / 3 : 0; }

    /// This one for share 0, the other for share 1; the other where there is nothing to mix.
    Shape towards(const Shape& other, float share) const;

    /// Add up: [vertex_count(), 3] metres. Any thread; takes no memory but, for frames of coefficients, the stack's.
    void vertices(float* out_vx3) const;
    /// The same for unit normals, where every frame brought them; else false, and they follow from the vertices.
    bool normals(float* out_vx3) const;

private:
    struct Term {
        Held<Moment> moment;  // none: the neutral head
        float weight = 0.0F;
    };

    void add(const Shape& other, float share);
    void add_vertices(std::size_t first, std::size_t count, float based, float* out) const;
    float sum_basis(float* out_vx3) const;

    std::shared_ptr<const Head> head_;
    std::shared_ptr<const BasisSum> basis_;
    List<Term, MOST> terms_;
};

}  // namespace talkwire
