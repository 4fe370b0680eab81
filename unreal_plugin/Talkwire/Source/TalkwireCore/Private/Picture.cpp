#include "Talkwire/Picture.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace talkwire {

namespace {

template <std::size_t N>
void mix_values(const float (&a)[N], const float (&b)[N], float share, float (&out)[N]) {
    for (std::size_t i = 0; i < N; ++i) {
        out[i] = share >= 1.0F ? b[i] : a[i] + (b[i] - a[i]) * share;
    }
}

}  // namespace

Face mix(const Face& a, const Face& b, float face_share, float head_share) {
    Face mixed;
    mix_values(a.weights, b.weights, face_share, mixed.weights);
    mix_values(a.head_rotation, b.head_rotation, head_share, mixed.head_rotation);
    mix_values(a.head_translation_m, b.head_translation_m, head_share, mixed.head_translation_m);
    float square = 0.0F;
    for (const float value : mixed.head_rotation) {
        square += value * value;
    }
    if (square < 1e-12F) {  // between two opposite ones there is no middle
        std::copy(std::begin(b.head_rotation), std::end(b.head_rotation), mixed.head_rotation);
        return mixed;
    }
    for (float& value : mixed.head_rotation) {
        value /= std::sqrt(square);
    }
    return mixed;
}

Picture Picture::resting(const Shape& neutral) const {
    Picture rest = *this;
    std::fill(std::begin(rest.face.weights), std::end(rest.face.weights), 0.0F);
    if (!shape.empty()) {
        rest.shape = neutral;
    }
    rest.at_rest = true;
    return rest;
}

Picture Picture::held_for(std::uint32_t of_utterance, std::uint32_t of_generation, bool is_idle) const {
    Picture held = *this;
    held.utterance = of_utterance;
    held.generation = of_generation;
    held.idle = is_idle;
    held.time_s = held.heard_s = 0.0;
    return held;
}

Picture Picture::towards(const Picture& other, float face_share, float head_share) const {
    Picture between = other;
    between.face = mix(face, other.face, face_share, head_share);
    between.shape = shape.towards(other.shape, face_share);
    return between;
}

}  // namespace talkwire
