// Unit normals: those that came with a frame, and those that its triangles have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Messages.h"

namespace talkwire {

/// Octahedral normals, 2 i8 a vertex (Cigolle et al. 2014), to unit vectors, 3 floats each. Within 1 degree.
TALKWIRECORE_API void decode_normals(Bytes normals, float* out_vx3);

/// Smooth normals of a mesh whose vertices move, weighted by triangle area. Vertices welded to one place
/// share one normal, so that seams of the texture stay invisible. Not thread-safe: it has scratch of its own.
class TALKWIRECORE_API VertexNormals {
public:
    /// For this mesh from now on; copies its triangles and welds. Allocates.
    void reset(const Mesh& mesh);

    std::size_t count() const { return weld_v_.size(); }

    /// vertices_vx3 to normals_vx3, 3 * count() floats each. A vertex without an area around it gets +Z, out
    /// of the face. Both are in the wire's space: map them afterwards. Allocates nothing.
    void compute(const float* vertices_vx3, float* normals_vx3);

private:
    std::vector<std::uint32_t> corners_tx3_, weld_v_;
    std::vector<float> sums_vx3_;
};

}  // namespace talkwire
