#include "Talkwire/Vertices.h"

#include <string>

#include "Talkwire/Half.h"

namespace talkwire {

namespace {

constexpr float ROTATION_STEPS = 32767;
constexpr float Q16_STEPS = 65535;
constexpr std::size_t DELTA8_STEP_BYTES = 4;

template <class T>
void copy(Bytes from, std::vector<T>& to) {
    to.resize(from.size / sizeof(T));
    if (!to.empty()) {
        std::memcpy(to.data(), from.data, to.size() * sizeof(T));
    }
}

bool refuse_mesh(const TopologyId& seen, const TopologyId& wanted, Problem& problem) {
    return refuse_field(problem, "the frame's mesh", seen.text(), wanted.text());
}

}  // namespace

void read_face(const Frame& frame, Face& out) {
    std::memcpy(out.weights, frame.weights.data, sizeof out.weights);
    std::memcpy(out.head_rotation, frame.head_rotation.data, sizeof out.head_rotation);
    std::memcpy(out.head_translation_m, frame.head_translation_m.data, sizeof out.head_translation_m);
}

void read_face(const Coefficients& frame, Face& out) {
    halves_to_floats(frame.weights.data, ARKIT_SHAPES, out.weights);
    halves_to_floats(frame.head_translation_m.data, 3, out.head_translation_m);
    for (std::size_t i = 0; i < 4; ++i) {
        out.head_rotation[i] =
            static_cast<float>(load<std::int16_t>(frame.head_rotation.data, i)) / ROTATION_STEPS;
    }
}

void Vertices::reset(const Mesh& mesh) {
    topology_id_ = mesh.topology_id;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        low_m_[axis] = load<float>(mesh.box_low_m.data, axis);
        step_m_[axis] = (load<float>(mesh.box_high_m.data, axis) - low_m_[axis]) / Q16_STEPS;
    }
    copy(mesh.neutral_vx3, neutral_vx3_);
    steps_.resize(neutral_vx3_.size());
}

bool Vertices::decode(const Frame& frame, float* out_vx3, Problem& problem) {
    if (frame.topology_id != topology_id_) {
        return refuse_mesh(frame.topology_id, topology_id_, problem);
    }
    if (frame.vertex_count != count()) {
        return refuse_field(problem, "Frame.vertex_count", std::to_string(frame.vertex_count),
                            std::to_string(count()));
    }
    switch (frame.codec) {
        case Codec::f32: std::memcpy(out_vx3, frame.vertices.data, frame.vertices.size); return true;
        case Codec::q16: decode_q16(frame.vertices, out_vx3); return true;
        case Codec::delta8: return decode_delta8(frame.vertices, out_vx3, problem);
    }
    return false;
}

/// Four vertices at a time: twelve values whose corners and steps repeat, which is what vector units take.
void Vertices::decode_q16(Bytes data, float* out_vx3) const {
    constexpr std::size_t AT_ONCE = 12;
    float low[AT_ONCE], step[AT_ONCE];
    for (std::size_t i = 0; i < AT_ONCE; ++i) {
        low[i] = low_m_[i % 3];
        step[i] = step_m_[i % 3];
    }
    const std::size_t values = neutral_vx3_.size();
    std::size_t at = 0;
    for (; at + AT_ONCE <= values; at += AT_ONCE) {
        std::uint16_t steps[AT_ONCE];
        std::memcpy(steps, data.data + 2 * at, sizeof steps);
        for (std::size_t i = 0; i < AT_ONCE; ++i) {
            out_vx3[at + i] = static_cast<float>(steps[i]) * step[i] + low[i];
        }
    }
    for (; at < values; ++at) {
        out_vx3[at] = static_cast<float>(load<std::uint16_t>(data.data, at)) * step[at % 3] + low[at % 3];
    }
}

/// A step in metres, then one zstd frame of i8: all x, all y, all z.
bool Vertices::decode_delta8(Bytes data, float* out_vx3, Problem& problem) {
    if (data.size <= DELTA8_STEP_BYTES) {
        return refuse_field(problem, "Frame.vertices", std::to_string(data.size) + " bytes",
                            "a step and a zstd frame");
    }
    const float step = load<float>(data.data, 0);
    if (!zstd_.decode(data.part(DELTA8_STEP_BYTES), steps_.data(), steps_.size(), problem)) {
        return false;
    }
    if (!(step > 0 && step <= 1)) {
        return refuse_field(problem, "Frame.vertices", "a step of " + std::to_string(step) + " m",
                            "at most 1 m");
    }
    const std::size_t vertices = count();
    const std::uint8_t *x = steps_.data(), *y = x + vertices, *z = y + vertices;
    for (std::size_t v = 0; v < vertices; ++v) {
        const float moved[3] = {static_cast<float>(static_cast<std::int8_t>(x[v])),
                                static_cast<float>(static_cast<std::int8_t>(y[v])),
                                static_cast<float>(static_cast<std::int8_t>(z[v]))};
        for (std::size_t axis = 0; axis < 3; ++axis) {
            out_vx3[3 * v + axis] = neutral_vx3_[3 * v + axis] + moved[axis] * step;
        }
    }
    return true;
}

void BasisSum::reset(const Basis& basis) {
    topology_id_ = basis.topology_id;
    own_ = basis.own;
    copy(basis.mean_vx3, mean_vx3_);
    copy(basis.scales_m, scales_m_);
    copy(basis.components, steps_);
    blocks_.clear();
    std::size_t scale = 0, step = 0;
    for (const Basis::Block& block : basis.blocks) {
        const std::size_t values = std::size_t{3} * block.vertex_count;
        blocks_.push_back({std::size_t{3} * block.first_vertex, values, block.first_coefficient,
                           block.component_count, scale, step});
        scale += block.component_count;
        step += values * block.component_count;
    }
}

bool BasisSum::coefficients(const Coefficients& frame, float* out, Problem& problem) const {
    if (frame.topology_id != topology_id_) {
        return refuse_mesh(frame.topology_id, topology_id_, problem);
    }
    const std::size_t seen = frame.own.size / 2;
    if (seen != own_) {
        return refuse_field(problem, "Coefficients.own", std::to_string(seen) + " numbers",
                            "the basis' " + std::to_string(own_));
    }
    halves_to_floats(frame.own.data, own_, out);
    halves_to_floats(frame.weights.data, ARKIT_SHAPES, out + own_);
    return true;
}

namespace {

struct Term {
    const std::int16_t* steps;
    float weight;  // of the coefficient and its component's scale
};

/// out += the terms, `count` values of each from `from` on. Four terms at a time: sums stay in registers.
void add_terms(const Term* terms, std::size_t term_count, std::size_t from, std::size_t count, float* out) {
    std::size_t t = 0;
    for (; t + 4 <= term_count; t += 4) {
        const std::int16_t *a = terms[t].steps + from, *b = terms[t + 1].steps + from,
                           *c = terms[t + 2].steps + from, *d = terms[t + 3].steps + from;
        const float wa = terms[t].weight, wb = terms[t + 1].weight, wc = terms[t + 2].weight,
                    wd = terms[t + 3].weight;
        for (std::size_t i = 0; i < count; ++i) {
            out[i] += (wa * static_cast<float>(a[i]) + wb * static_cast<float>(b[i])) +
                      (wc * static_cast<float>(c[i]) + wd * static_cast<float>(d[i]));
        }
    }
    for (; t < term_count; ++t) {
        const std::int16_t* a = terms[t].steps + from;
        const float wa = terms[t].weight;
        for (std::size_t i = 0; i < count; ++i) {
            out[i] += wa * static_cast<float>(a[i]);
        }
    }
}

}  // namespace

void BasisSum::sum(const float* coefficients, float* out_vx3) const {
    constexpr std::size_t TILE = 2048;  // values of the sum that stay in the first cache
    std::memcpy(out_vx3, mean_vx3_.data(), mean_vx3_.size() * sizeof(float));
    Term terms[MAX_COMPONENTS];
    for (const Block& block : blocks_) {
        std::size_t used = 0;
        for (std::size_t k = 0; k < block.component_count; ++k) {
            const float coefficient = coefficients[block.first_coefficient + k];
            if (coefficient != 0) {  // most of the 52 weights are, most of the time
                terms[used++] = {&steps_[block.first_step + k * block.value_count],
                                 coefficient * scales_m_[block.first_scale + k]};
            }
        }
        for (std::size_t from = 0; from < block.value_count; from += TILE) {
            const std::size_t left = block.value_count - from;
            add_terms(terms, used, from, left < TILE ? left : TILE, out_vx3 + block.first_value + from);
        }
    }
}

}  // namespace talkwire
