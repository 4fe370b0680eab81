#include "Files.h"
#include "Talkwire/MessageCodec.h"
#include "Talkwire/Normals.h"
#include "Talkwire/Vertices.h"
#include "allocations.h"
#include "check.h"

using namespace talkwire;

namespace {

// tests/bridge/cases.py: VERTICES, and how far its frames are from them.
constexpr float VERTICES[12] = {-0.07f, 0, 0, 0.07f, 0, 0.01f, 0.05f, 0.11f, 0, -0.05f, 0.1f, 0.02f};

struct Case {
    Buffer bytes;
    Media media;
    Problem problem;

    explicit Case(const std::string& name) {
        std::string why;
        CHECK(read_file(checks::vectors() + "/" + name + ".bin", bytes, why));
        CHECK(decode_media(bytes, media, problem));
    }
    template <class Message>
    const Message& as() const {
        return *std::get_if<Message>(&media.message);
    }
};

Vertices decoder() {
    const Case mesh("media_mesh");
    Vertices out;
    out.reset(mesh.as<Mesh>());
    return out;
}

void expect(const char* name, float moved_m, float times, double most_m) {
    const Case frame(name);
    Vertices vertices = decoder();
    float out[12];
    Problem problem;
    CHECK(vertices.decode(frame.as<Frame>(), out, problem));
    for (std::size_t i = 0; i < 12; ++i) {
        CHECK_NEAR(out[i], (VERTICES[i] + moved_m) * times, most_m);
    }
}

}  // namespace

TEST(each_codec_within_its_error) {
    const double half_a_step_m = 0.5 * 0.21 / 65535 + 1e-8;
    expect("media_frame_f32", 0, 1, 0);
    expect("media_frame_q16", 0, 1, half_a_step_m);
    expect("media_frame_q16n", 0, 1, half_a_step_m);
    expect("media_frame_delta8", 0.0123f, 1, 1e-4);
    expect("media_frame_beyond_steps", 0.026f, 1, half_a_step_m);
    expect("media_frame_beyond_box", 0, 9, 1e-7);
}

TEST(a_frame_of_another_mesh_is_refused) {
    const Case frame("media_frame_q16");
    Vertices vertices = decoder();
    float out[64];
    Problem problem;
    Frame other = frame.as<Frame>();
    std::memcpy(other.topology_id.digits, "ffffffffffffffff", 16);
    CHECK(!vertices.decode(other, out, problem) && problem.what == "the frame's mesh is wrong");
    Frame more = frame.as<Frame>();
    more.vertex_count = 5;
    CHECK(!vertices.decode(more, out, problem) && problem.what == "Frame.vertex_count is wrong");
    Vertices none;
    CHECK(!none.decode(frame.as<Frame>(), out, problem));
}

TEST(broken_delta8_is_refused) {
    const Case frame("media_frame_delta8");
    Vertices vertices = decoder();
    float out[12];
    Problem problem;
    Frame broken = frame.as<Frame>();
    const Bytes whole = broken.vertices;
    for (std::size_t size = 0; size < whole.size; ++size) {
        broken.vertices = whole.part(0, size);
        CHECK(!vertices.decode(broken, out, problem));
    }
    Buffer longer(whole.data, whole.data + whole.size);
    longer.push_back(0);
    broken.vertices = longer;
    CHECK(!vertices.decode(broken, out, problem));
    longer.pop_back();
    for (const float step : {0.0f, -1e-4f, 1.5f, std::nanf(""), HUGE_VALF}) {
        std::memcpy(longer.data(), &step, sizeof step);
        broken.vertices = longer;
        CHECK(!vertices.decode(broken, out, problem));
    }
}

TEST(a_head_as_a_sum) {
    const Case basis("media_basis"), frame("media_coefficients");
    BasisSum sum;
    Problem problem;
    sum.reset(basis.as<Basis>());
    CHECK_EQ(sum.count(), 4u);
    CHECK_EQ(sum.coefficient_count(), 54u);
    float coefficients[54], out[12];
    CHECK(sum.coefficients(frame.as<Coefficients>(), coefficients, problem));
    CHECK_EQ(coefficients[0], 0.5f);
    CHECK_EQ(coefficients[1], -1.25f);
    CHECK_EQ(coefficients[53], 1.0f);
    sum.sum(coefficients, out);
    // blocks (0, 3, 0, 2) and (3, 1, 19, 1); components -9..11, scales 1, 2 and 0.5 mm
    for (std::size_t i = 0; i < 9; ++i) {
        const double moved =
            0.5 * 0.001 * (static_cast<double>(i) - 9) - 1.25 * 0.002 * static_cast<double>(i);
        CHECK_NEAR(out[i], static_cast<double>(VERTICES[i]) + moved, 1e-7);
    }
    for (std::size_t i = 0; i < 3; ++i) {
        const double weight = static_cast<double>(coefficients[19]);
        CHECK_NEAR(out[9 + i],
                   static_cast<double>(VERTICES[9 + i]) + weight * 0.0005 * (9 + static_cast<double>(i)),
                   1e-7);
    }
    const Case shapes("media_weights");  // has no coefficients of its own
    CHECK(!sum.coefficients(shapes.as<Coefficients>(), coefficients, problem));
}

TEST(faces) {
    Face whole, half;
    const Case frame("media_frame_q16"), coefficients("media_coefficients");
    read_face(frame.as<Frame>(), whole);
    read_face(coefficients.as<Coefficients>(), half);
    const float rotation[4] = {0, 0.6f, 0, 0.8f}, translation_m[3] = {0.001f, -0.002f, 0.003f};
    for (std::size_t i = 0; i < ARKIT_SHAPES; ++i) {
        CHECK_NEAR(whole.weights[i], static_cast<double>(i) / 51, 1e-7);
        CHECK_NEAR(half.weights[i], static_cast<double>(i) / 51, 5e-4);
    }
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK_EQ(whole.head_rotation[i], rotation[i]);
        CHECK_NEAR(half.head_rotation[i], rotation[i], 2e-5);
    }
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK_EQ(whole.head_translation_m[i], translation_m[i]);
        CHECK_NEAR(half.head_translation_m[i], translation_m[i], 2e-6);
    }
}

TEST(a_frame_allocates_nothing) {
    const Case mesh("media_mesh"), basis("media_basis"), frame_of_basis("media_coefficients");
    Vertices vertices = decoder();
    VertexNormals normals;
    BasisSum sum;
    normals.reset(mesh.as<Mesh>());
    sum.reset(basis.as<Basis>());
    float out[12], looking[12], coefficients[54];
    Problem problem;
    for (const char* name : {"media_frame_f32", "media_frame_q16n", "media_frame_delta8"}) {
        const Case frame(name);
        const std::size_t before = checks::allocations;
        CHECK(vertices.decode(frame.as<Frame>(), out, problem));
        normals.compute(out, looking);
        decode_normals(frame.as<Frame>().normals, looking);
        CHECK(sum.coefficients(frame_of_basis.as<Coefficients>(), coefficients, problem));
        sum.sum(coefficients, out);
        CHECK_EQ(checks::allocations, before);
    }
}

TEST(a_basis_of_nothing_is_its_mean) {
    const Case basis("media_basis"), shapes("media_weights");
    Basis still;
    still.topology_id = basis.as<Basis>().topology_id;
    still.mean_vx3 = basis.as<Basis>().mean_vx3;
    BasisSum sum;
    sum.reset(still);
    float coefficients[52], out[12];
    Problem problem;
    CHECK(sum.coefficients(shapes.as<Coefficients>(), coefficients, problem));
    sum.sum(coefficients, out);
    for (std::size_t i = 0; i < 12; ++i) {
        CHECK_EQ(out[i], VERTICES[i]);
    }
}
