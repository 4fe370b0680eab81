// From the wire's space (metres, right-handed, +Y up, +Z out of the face, counter-clockwise fronts) to an engine's.
//
// Both engines are left-handed: the map is a mirror, so triangles change their winding and rotations their sense. In
// Unreal the face then looks along +Y, as Unreal's characters do in their own space: a component that is to look along
// +X is turned by -90 degrees of yaw.
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
    void positions(const float* in, std::size_t count, float* out) const;

    /// The same for normals: turned, not scaled.
    void directions(const float* in, std::size_t count, float* out) const;

    /// A rotation, xyzw. in and out may be the same.
    void rotation(const float in[4], float out[4]) const;

    /// `count` triangles, 3 indices each: their fronts stay fronts. in and out may be the same.
    void triangles(const std::uint32_t* in, std::size_t count, std::uint32_t* out) const;

    /// Units of the engine in a metre.
    float scale() const { return scale_; }

private:
    AxisMap(int x, int y, int z, float sign_x, float scale) : from_{x, y, z}, sign_x_(sign_x), scale_(scale) {}
    void move(const float* in, std::size_t count, float scale, float* out) const;

    int from_[3];  // which axis of the wire each axis of the engine is
    float sign_x_, scale_;
};

}  // namespace talkwire
