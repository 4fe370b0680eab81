#include "Talkwire/AxisMap.h"

namespace talkwire {

AxisMap::AxisMap(const Rule& rule)
    : axis_{rule.axis[0], rule.axis[1], rule.axis[2]},
      sign_{rule.sign[0], rule.sign[1], rule.sign[2]},
      scale_(rule.scale),
      reversed_(rule.reversed) {}

AxisMap AxisMap::unreal() {
    return AxisMap(Rule{{0, 2, 1}, {1, 1, 1}, 100, false});
}

AxisMap AxisMap::unity() {
    return AxisMap(Rule{{0, 1, 2}, {-1, 1, 1}, 1, true});
}

void AxisMap::rotation(const float in[4], float out[4]) const {
    const float x = in[axis_[0]], y = in[axis_[1]], z = in[axis_[2]];
    out[0] = -sign_[0] * x;  // the axis is mirrored with all else, and the sense of turning once more
    out[1] = -sign_[1] * y;
    out[2] = -sign_[2] * z;
    out[3] = in[3];
}

void AxisMap::triangles(const std::uint32_t* in, std::size_t count, std::uint32_t* out) const {
    const std::size_t second = reversed_ ? 2 : 1, third = reversed_ ? 1 : 2;
    for (std::size_t t = 0; t < 3 * count; t += 3) {
        const std::uint32_t a = in[t], b = in[t + second], c = in[t + third];
        out[t] = a;
        out[t + 1] = b;
        out[t + 2] = c;
    }
}

void AxisMap::move(const float* in, std::size_t count, float scale, float* out) const {
    const float by[3] = {sign_[0] * scale, sign_[1] * scale, sign_[2] * scale};
    const std::size_t axis[3] = {axis_[0], axis_[1], axis_[2]};
    for (std::size_t v = 0; v < 3 * count; v += 3) {
        const float x = in[v + axis[0]], y = in[v + axis[1]], z = in[v + axis[2]];
        out[v] = by[0] * x;
        out[v + 1] = by[1] * y;
        out[v + 2] = by[2] * z;
    }
}

}  // namespace talkwire
