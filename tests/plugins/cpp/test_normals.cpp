#include <cmath>
#include <vector>

#include "Talkwire/Normals.h"
#include "check.h"

using namespace talkwire;

namespace {

Bytes bytes_of(const std::vector<float>& values) {
    return {reinterpret_cast<const std::uint8_t*>(values.data()), 4 * values.size()};
}
Bytes bytes_of(const std::vector<std::uint32_t>& values) {
    return {reinterpret_cast<const std::uint8_t*>(values.data()), 4 * values.size()};
}

std::vector<float> normals_of(const std::vector<float>& vertices, const std::vector<std::uint32_t>& triangles,
                              const std::vector<std::uint32_t>& weld) {
    Mesh mesh;
    mesh.neutral_vx3 = bytes_of(vertices);
    mesh.triangles_tx3 = bytes_of(triangles);
    mesh.weld_v = bytes_of(weld);
    VertexNormals normals;
    std::vector<float> out(vertices.size());
    normals.reset(mesh);
    normals.compute(vertices.data(), out.data());
    return out;
}

}  // namespace

TEST(octahedral_axes_and_octants) {
    const std::int8_t steps[] = {0, 0, 127, 0, -127, 0, 0, 127, 0, -127, 127, 127, -127, -127, 42, 42};
    float out[24];
    decode_normals({reinterpret_cast<const std::uint8_t*>(steps), sizeof steps}, out);
    const float third = 1 / std::sqrt(3.0f);
    const float wanted[] = {0, 0,  1, 1, 0, 0,  -1, 0, 0,  0,     1,     0,
                            0, -1, 0, 0, 0, -1, 0,  0, -1, third, third, third};
    for (std::size_t i = 0; i < 21; ++i) {
        CHECK_NEAR(out[i], wanted[i], 1e-6);
    }
    for (std::size_t i = 21; i < 24; ++i) {
        CHECK_NEAR(out[i], wanted[i], 0.01);
    }
}

TEST(every_octahedral_pair_is_a_unit_vector) {
    std::vector<std::uint8_t> pairs;
    for (unsigned x = 0; x < 256; ++x) {
        for (unsigned y = 0; y < 256; ++y) {
            pairs.push_back(static_cast<std::uint8_t>(x));
            pairs.push_back(static_cast<std::uint8_t>(y));
        }
    }
    std::vector<float> out(3 * pairs.size() / 2);
    decode_normals({pairs.data(), pairs.size()}, out.data());
    for (std::size_t v = 0; v < out.size(); v += 3) {
        CHECK_NEAR(std::sqrt(out[v] * out[v] + out[v + 1] * out[v + 1] + out[v + 2] * out[v + 2]), 1, 1e-5);
    }
}

TEST(flat_triangle_looks_at_who_sees_it_counter_clockwise) {
    const std::vector<float> out = normals_of({0, 0, 0, 1, 0, 0, 0, 1, 0}, {0, 1, 2}, {0, 1, 2});
    for (std::size_t v = 0; v < 3; ++v) {
        CHECK_EQ(out[3 * v + 2], 1.0f);
    }
}

TEST(larger_triangles_weigh_more) {
    // a floor of area 0.5 and a wall of area 1.5 share an edge along x
    const std::vector<float> out =
        normals_of({0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3}, {0, 1, 2, 0, 3, 1}, {0, 1, 2, 3});
    CHECK_NEAR(out[0], 0, 1e-6);
    CHECK_NEAR(out[1], 3 / std::sqrt(10.0), 1e-6);
    CHECK_NEAR(out[2], 1 / std::sqrt(10.0), 1e-6);
}

TEST(welded_vertices_share_their_normal) {
    // the same edge, split as a seam of the texture splits it: vertices 4 and 5 are at the places of 0 and 1
    const std::vector<float> out = normals_of({0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0},
                                              {0, 1, 2, 4, 3, 5}, {0, 1, 2, 3, 0, 1});
    for (std::size_t axis = 0; axis < 3; ++axis) {
        CHECK_EQ(out[axis], out[12 + axis]);
        CHECK_EQ(out[3 + axis], out[15 + axis]);
    }
    CHECK_NEAR(out[1], 3 / std::sqrt(10.0), 1e-6);
}

TEST(what_has_no_area_looks_out_of_the_face) {
    const std::vector<float> out = normals_of({0, 0, 0, 1, 0, 0, 2, 0, 0, 5, 5, 5}, {0, 1, 2}, {0, 1, 2, 3});
    for (std::size_t v = 0; v < 4; ++v) {
        CHECK(out[3 * v] == 0 && out[3 * v + 1] == 0 && out[3 * v + 2] == 1);
    }
}

TEST(a_small_head_is_no_smaller_problem) {
    const float small = 1e-5f;  // a hundredth of a millimetre: the finest triangles of lips and lids
    const std::vector<float> out = normals_of({0, 0, 0, small, 0, 0, 0, 0, small}, {0, 1, 2}, {0, 1, 2});
    CHECK_NEAR(out[1], -1, 1e-6);
}
