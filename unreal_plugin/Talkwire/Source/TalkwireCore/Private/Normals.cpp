#include "Talkwire/Normals.h"

#include <algorithm>
#include <cmath>

namespace talkwire {

namespace {

constexpr float MOST = 127;
constexpr float NO_AREA = 1e-30f;  // squared, of metres squared: far below what any head has

void unit(const float in[3], float out[3]) {
    const float squared = in[0] * in[0] + in[1] * in[1] + in[2] * in[2];
    if (!(squared > NO_AREA)) {
        out[0] = out[1] = 0;
        out[2] = 1;
        return;
    }
    const float by = 1 / std::sqrt(squared);
    out[0] = by * in[0];
    out[1] = by * in[1];
    out[2] = by * in[2];
}

}  // namespace

void decode_normals(Bytes normals, float* out_vx3) {
    const std::size_t count = normals.size / 2;
    for (std::size_t v = 0; v < count; ++v) {
        const float x = static_cast<float>(static_cast<std::int8_t>(normals.data[2 * v])) / MOST;
        const float y = static_cast<float>(static_cast<std::int8_t>(normals.data[2 * v + 1])) / MOST;
        const float z = 1 - std::fabs(x) - std::fabs(y);
        const float folded = z < 0 ? -z : 0;  // 1 - |y| is |x| + z: the fold moves both towards 0 by as much
        const float whole[3] = {x - std::copysign(folded, x), y - std::copysign(folded, y), z};
        unit(whole, out_vx3 + 3 * v);
    }
}

void VertexNormals::reset(const Mesh& mesh) {
    const std::size_t vertices = mesh.vertex_count(), corners = 3 * mesh.triangle_count();
    weld_v_.resize(vertices);
    for (std::size_t v = 0; v < vertices; ++v) {
        weld_v_[v] = load<std::uint32_t>(mesh.weld_v.data, v);
    }
    corners_tx3_.resize(corners);
    for (std::size_t i = 0; i < corners; ++i) {
        corners_tx3_[i] = weld_v_[load<std::uint32_t>(mesh.triangles_tx3.data, i)];
    }
    sums_vx3_.resize(3 * vertices);
}

void VertexNormals::compute(const float* vertices_vx3, float* normals_vx3) {
    std::fill(sums_vx3_.begin(), sums_vx3_.end(), 0.0f);
    float* sums = sums_vx3_.data();
    for (std::size_t t = 0; t < corners_tx3_.size(); t += 3) {
        const std::size_t ia = std::size_t{3} * corners_tx3_[t], ib = std::size_t{3} * corners_tx3_[t + 1],
                          ic = std::size_t{3} * corners_tx3_[t + 2];
        const float *a = vertices_vx3 + ia, *b = vertices_vx3 + ib, *c = vertices_vx3 + ic;
        const float ux = b[0] - a[0], uy = b[1] - a[1], uz = b[2] - a[2];
        const float vx = c[0] - a[0], vy = c[1] - a[1], vz = c[2] - a[2];
        const float face[3] = {uy * vz - uz * vy, uz * vx - ux * vz,
                               ux * vy - uy * vx};  // as long as twice the area
        for (std::size_t axis = 0; axis < 3; ++axis) {
            sums[ia + axis] += face[axis];
            sums[ib + axis] += face[axis];
            sums[ic + axis] += face[axis];
        }
    }
    for (std::size_t v = 0; v < weld_v_.size(); ++v) {
        unit(sums + std::size_t{3} * weld_v_[v], normals_vx3 + 3 * v);
    }
}

}  // namespace talkwire
