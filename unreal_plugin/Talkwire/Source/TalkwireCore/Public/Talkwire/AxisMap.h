// From the wire's space (metres, right-handed, +Y up, +Z out of the face, counter-clockwise fronts) to an
// engine's.
//
// Both engines are left-handed, so that the map is a mirror and rotations change their sense. What a front is
// does not follow from that; each engine has a rule of its own for triangle (a, b, c):
//   Unreal: its normal is (c - a) x (b - a) (GeometryCore, VectorUtil.h), so that the order stays as it is;
//   Unity:  its normal is (b - a) x (c - a) (clockwise fronts), so that the order is reversed.
//
// In Unreal the face looks along +Y afterwards, as Unreal's characters do in their own space: a component
// that is to look along +X is turned by -90 degrees of yaw.
#pragma once

#include <cstddef>
#include <cstdint>

#include "Talkwire/Api.h"

namespace talkwire {

class TALKWIRECORE_API AxisMap {
public:
    static AxisMap unreal();  // (x, y, z) -> (100 x, 100 z, 100 y): centimetres, Z up
    static AxisMap unity();   // (x, y, z) -> (-x, y, z): metres, Y up

    /// `count` points, 3 floats each. in and out may be the same.
    void positions(const float* in, std::size_t count, float* out) const { move(in, count, scale_, out); }

    /// The same for normals: turned, not scaled.
    void directions(const float* in, std::size_t count, float* out) const { move(in, count, 1, out); }

    /// A rotation, xyzw. in and out may be the same.
    void rotation(const float in[4], float out[4]) const;

    /// `count` triangles, 3 indices each: their fronts stay fronts. in and out may be the same.
    void triangles(const std::uint32_t* in, std::size_t count, std::uint32_t* out) const;

    /// Units of the engine in a metre.
    float scale() const { return scale_; }

private:
    struct Rule {
        std::size_t axis[3];  // of the wire, for each of the engine's
        float sign[3];
        float scale;
        bool reversed;
    };
    explicit AxisMap(const Rule& rule);
    void move(const float* in, std::size_t count, float scale, float* out) const;

    std::size_t axis_[3];
    float sign_[3], scale_;
    bool reversed_;
};

}  // namespace talkwire
