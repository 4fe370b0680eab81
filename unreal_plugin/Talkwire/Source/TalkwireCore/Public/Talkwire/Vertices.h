// Vertices out of frames, as floats in metres of the wire's space (AxisMap turns them into an engine's).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "Talkwire/Api.h"
#include "Talkwire/Messages.h"
#include "Talkwire/Problem.h"
#include "Talkwire/Zstd.h"

namespace talkwire {

/// Expression and head pose of one moment.
struct Face {
    float weights[ARKIT_SHAPES] = {};       // ARKit's, in Apple's order
    float head_rotation[4] = {0, 0, 0, 1};  // xyzw
    float head_translation_m[3] = {0, 0, 0};
};

TALKWIRECORE_API void read_face(const Frame& frame, Face& out);
TALKWIRECORE_API void read_face(const Coefficients& frame, Face& out);

/// Decodes the vertices of one mesh's frames. Not thread-safe: it has scratch of its own.
class TALKWIRECORE_API Vertices {
public:
    /// For the frames of this mesh from now on; copies what it needs of it. Allocates.
    void reset(const Mesh& mesh);

    std::size_t count() const { return neutral_vx3_.size() / 3; }
    const TopologyId& topology_id() const { return topology_id_; }
    const float* neutral_vx3() const { return neutral_vx3_.data(); }

    /// To out_vx3, 3 * count() floats. Allocates nothing. Fails for a frame of another mesh, and for delta8
    /// that is no zstd frame of 3 * count() steps; out_vx3 may hold anything then.
    bool decode(const Frame& frame, float* out_vx3, Problem& problem);

private:
    void decode_q16(Bytes data, float* out_vx3) const;
    bool decode_delta8(Bytes data, float* out_vx3, Problem& problem);

    TopologyId topology_id_;
    float low_m_[3] = {}, step_m_[3] = {};
    std::vector<float> neutral_vx3_;
    std::vector<std::uint8_t> steps_;  // of delta8
    Zstd zstd_;
};

/// A head as a sum: mean + coefficients times components. Calls of const functions may run side by side.
class TALKWIRECORE_API BasisSum {
public:
    /// From this basis from now on; copies it. Allocates.
    void reset(const Basis& basis);

    std::size_t count() const { return mean_vx3_.size() / 3; }
    const TopologyId& topology_id() const { return topology_id_; }
    /// Of a frame that fits: the basis' own.
    std::size_t own() const { return own_; }
    /// own() and then the 52 weights.
    std::size_t coefficient_count() const { return own_ + ARKIT_SHAPES; }

    /// The frame's coefficients, coefficient_count() floats. Fails for a frame of another mesh or with other
    /// ones.
    bool coefficients(const Coefficients& frame, float* out, Problem& problem) const;

    /// Vertices to out_vx3, 3 * count() floats. Allocates nothing.
    void sum(const float* coefficients, float* out_vx3) const;

private:
    struct Block {
        std::size_t first_value, value_count, first_coefficient, component_count, first_scale, first_step;
    };

    TopologyId topology_id_;
    std::size_t own_ = 0;
    std::vector<float> mean_vx3_, scales_m_;
    std::vector<Block> blocks_;
    std::vector<std::int16_t> steps_;
};

}  // namespace talkwire
