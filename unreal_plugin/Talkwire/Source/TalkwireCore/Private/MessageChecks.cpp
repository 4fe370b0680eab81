#include "MessageChecks.h"

#include <cmath>
#include <string>

#include "FieldChecks.h"

namespace talkwire::fields {

namespace {

std::string text(std::uint64_t value) {
    return std::to_string(value);
}

std::uint32_t highest(Bytes indices) {
    std::uint32_t most = 0;
    for (std::size_t i = 0; i < indices.size / 4; ++i) {
        const std::uint32_t index = load<std::uint32_t>(indices.data, i);
        most = index > most ? index : most;
    }
    return most;
}

bool unit(const char* where, double x, double y, double z, double w, Problem& problem) {
    const double length = std::sqrt(x * x + y * y + z * z + w * w);
    return std::fabs(length - 1) <= 1e-3 ||
           refuse_field(problem, where, "length " + std::to_string(length), "a unit quaternion");
}

/// Rows from the top. BC1: 8 bytes for 4 x 4 pixels, of which those beyond the picture are padding. RGB: 3 for each.
/// A file says its own size.
bool whole_picture(const char* where, ImageFormat format, Bytes image, std::uint32_t width, std::uint32_t height,
                   Problem& problem) {
    const std::size_t wanted = format == ImageFormat::bc1   ? std::size_t{8} * ((width + 3) / 4) * ((height + 3) / 4)
                               : format == ImageFormat::rgb ? std::size_t{3} * width * height
                                                            : image.size;
    return image.size == wanted || refuse_field(problem, where, text(image.size) + " bytes", text(wanted));
}

}  // namespace

bool agree(const Mesh& mesh, Problem& problem) {
    const std::size_t vertices = mesh.vertex_count();
    if (mesh.uvs_vx2.size != 8 * vertices || mesh.weld_v.size != 4 * vertices) {
        return refuse_field(problem, "Mesh",
                            text(mesh.uvs_vx2.size / 8) + " uvs, " + text(mesh.weld_v.size / 4) + " welds",
                            text(vertices) + " of each");
    }
    const std::uint32_t corner = highest(mesh.triangles_tx3), weld = highest(mesh.weld_v);
    const std::uint32_t most = corner > weld ? corner : weld;
    if (most >= vertices) {
        return refuse_field(problem, "Mesh", "index " + text(most), "indices below " + text(vertices));
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
        if (!(load<float>(mesh.box_low_m.data, axis) < load<float>(mesh.box_high_m.data, axis))) {
            return refuse_field(problem, "Mesh.box", "no volume", "low below high on each axis");
        }
    }
    std::uint64_t covered = 0;
    for (const Mesh::Part& part : mesh.parts) {
        if (part.first_triangle != covered) {
            return refuse_field(problem, "Mesh.parts", "a part at triangle " + text(part.first_triangle),
                                "triangle " + text(covered));
        }
        covered += part.triangle_count;
    }
    return covered == mesh.triangle_count() ||
           refuse_field(problem, "Mesh.parts", text(covered) + " triangles", text(mesh.triangle_count()));
}

bool agree(const Texture& texture, Problem& problem) {
    return whole_picture("Texture.image", texture.format, texture.image, texture.width_px, texture.height_px,
                         problem);
}

bool agree(const Patch& patch, Problem& problem) {
    for (const Patch::Rectangle& rectangle : patch.patches) {
        if (!whole_picture("Patch.patches", rectangle.format, rectangle.image, rectangle.width, rectangle.height,
                           problem)) {
            return false;
        }
    }
    return true;
}

bool agree(const Frame& frame, Problem& problem) {
    static constexpr std::size_t BYTES_PER_VERTEX[] = {12, 6, 0};  // f32, q16, delta8: varies
    const std::size_t vertices = frame.vertex_count;
    const std::size_t wanted = BYTES_PER_VERTEX[static_cast<std::size_t>(frame.codec)] * vertices;
    if (wanted != 0 && frame.vertices.size != wanted) {
        return refuse_field(problem, "Frame.vertices", text(frame.vertices.size) + " bytes", text(wanted));
    }
    if (!frame.normals.empty() && frame.normals.size != 2 * vertices) {
        return refuse_field(problem, "Frame.normals", text(frame.normals.size) + " bytes",
                            text(2 * vertices) + " or none");
    }
    double turn[4];
    for (std::size_t i = 0; i < 4; ++i) {
        turn[i] = static_cast<double>(load<float>(frame.head_rotation.data, i));
    }
    if (!unit("Frame.head_rotation", turn[0], turn[1], turn[2], turn[3], problem)) {
        return false;
    }
    const auto floats = raw("vertices", &Frame::vertices, Scalar::f4, 3, 3, MAX_VERTICES);
    const Table table{floats.scalar, floats.columns, floats.low, floats.high, floats.least, floats.most};
    return frame.codec != Codec::f32 || fits_raw({"Frame", "vertices"}, frame.vertices, table, problem);
}

bool agree(const Coefficients& frame, Problem& problem) {
    double turn[4];
    for (std::size_t i = 0; i < 4; ++i) {
        turn[i] = load<std::int16_t>(frame.head_rotation.data, i) / 32767.0;
    }
    return unit("Coefficients.head_rotation", turn[0], turn[1], turn[2], turn[3], problem);
}

bool agree(const Basis& basis, Problem& problem) {
    const std::size_t vertices = basis.vertex_count(), coefficients = basis.own + ARKIT_SHAPES;
    std::uint64_t scales = 0, rows = 0;
    for (const Basis::Block& block : basis.blocks) {
        const std::uint64_t last_vertex = std::uint64_t{block.first_vertex} + block.vertex_count;
        const std::uint64_t last_coefficient = std::uint64_t{block.first_coefficient} + block.component_count;
        if (last_vertex > vertices || last_coefficient > coefficients) {
            return refuse_field(
                problem, "Basis.blocks",
                "vertices to " + text(last_vertex) + ", coefficients to " + text(last_coefficient),
                "at most " + text(vertices) + " and " + text(coefficients));
        }
        scales += block.component_count;
        rows += std::uint64_t{block.vertex_count} * block.component_count;
    }
    return (basis.scales_m.size == 4 * scales && basis.components.size == 6 * rows) ||
           refuse_field(
               problem, "Basis",
               text(basis.scales_m.size / 4) + " scales, " + text(basis.components.size / 6) + " rows",
               text(scales) + " and " + text(rows));
}

}  // namespace talkwire::fields
