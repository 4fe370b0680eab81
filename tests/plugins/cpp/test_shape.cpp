// Vertices as sums: the same as decoding each frame and mixing them one after the other.
#include <memory>
#include <thread>
#include <vector>

#include "Talkwire/Poser.h"
#include "Talkwire/Shape.h"
#include "check.h"
#include "messages.h"

using namespace talkwire;
using messages::Server;

namespace {

std::vector<float> vertices(const Shape& shape) {
    std::vector<float> out(3 * shape.vertex_count(), -9.0F);
    shape.vertices(out.data());
    return out;
}

std::vector<float> mixed(const std::vector<float>& a, const std::vector<float>& b, float share) {
    std::vector<float> out(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        out[i] = a[i] + (b[i] - a[i]) * share;
    }
    return out;
}

void near(const std::vector<float>& seen, const std::vector<float>& wanted) {
    CHECK_EQ(seen.size(), wanted.size());
    for (std::size_t i = 0; i < seen.size() && i < wanted.size(); ++i) {
        CHECK_NEAR(seen[i], wanted[i], 1e-6);
    }
}

/// A head of 1,000 vertices, and frames of it.
struct Stage {
    Server server{1'000, 3};
    Pool pool;
    Poser poser{pool};
    std::shared_ptr<const Head> head;
    std::shared_ptr<const BasisSum> basis;

    Stage() {
        const Media mesh = server.mesh(), sum = server.basis();
        head = std::make_shared<const Head>(std::get<Mesh>(mesh.message));
        auto made = std::make_shared<BasisSum>();
        made->reset(std::get<Basis>(sum.message));
        basis = made;
        poser.take(head);
        poser.take(basis);
    }

    Shape frame(std::uint16_t step) {
        const Media media = server.frame(1, 0, 0, KEY, 0.5, step);
        Held<Moment> kept;
        CHECK(poser.keep(std::get<Frame>(media.message), kept));
        return Shape::of(kept, head, basis);
    }

    Shape exact(float value) {
        Media media = server.frame(1, 0, 0, KEY);
        auto& frame = std::get<Frame>(media.message);
        frame.codec = Codec::f32;
        frame.vertices = server.keep(std::vector<float>(3'000, value));
        Held<Moment> kept;
        CHECK(poser.keep(frame, kept));
        return Shape::of(kept, head, basis);
    }

    Shape coefficients(double jaw) {
        const Media media = server.coefficients(1, 0, 0, KEY, jaw);
        Held<Moment> kept;
        CHECK(poser.keep(std::get<Coefficients>(media.message), kept));
        return Shape::of(kept, head, basis);
    }
};

}  // namespace

TEST(a_head_says_whom_it_shows_when_its_message_is_gone) {
    Server server{4, 2};
    std::unique_ptr<const Head> head;
    {
        const std::string word = "trainedAlgorithmicMedia", shows(512, 'x');
        Media media = server.mesh();
        Mesh& mesh = std::get<Mesh>(media.message);
        mesh.generated = word;
        mesh.shows = shows;
        head = std::make_unique<const Head>(mesh);
        CHECK(head->same(Head(mesh)));
        mesh.shows = "";
        CHECK(!head->same(Head(mesh)));
        mesh.generated = "trainedAlgorithmic";  // the same letters, divided elsewhere
        const std::string rest = "Media" + shows;
        mesh.shows = rest;
        CHECK(!head->same(Head(mesh)));
    }
    CHECK(head->mesh.generated == "trainedAlgorithmicMedia");
    CHECK(head->mesh.shows == std::string(512, 'x'));
    CHECK(head->mesh.parts[0].name == "skin");
}

TEST(a_frame_alone_is_what_it_says) {
    Stage stage;
    const std::vector<float> low = vertices(stage.frame(0)), high = vertices(stage.frame(65'535));
    for (std::size_t i = 0; i < 3'000; ++i) {
        CHECK_NEAR(low[i], -0.2, 1e-7);
        CHECK_NEAR(high[i], 0.2, 1e-7);
    }
    CHECK_EQ(vertices(stage.exact(0.07F))[2'999], 0.07F);
    CHECK_EQ(vertices(Shape::neutral(stage.head))[17], stage.server.neutral(17));
    near(vertices(stage.coefficients(0.5)), vertices(stage.coefficients(0.25)));  // no block moves by weights here
}

TEST(any_two_kinds_mix) {
    Stage stage;
    const std::vector<Shape> shapes = {stage.frame(1'000), stage.frame(60'000), stage.exact(0.01F),
                                       stage.coefficients(1.0), Shape::neutral(stage.head)};
    for (const Shape& a : shapes) {
        for (const Shape& b : shapes) {
            near(vertices(a.towards(b, 0.3F)), mixed(vertices(a), vertices(b), 0.3F));
            near(vertices(a.towards(b, 0.0F)), vertices(a));
            near(vertices(a.towards(b, 1.0F)), vertices(b));
        }
    }
}

TEST(mixing_what_was_mixed_does_not_drift) {
    Stage stage;
    Shape shape = stage.frame(0);
    std::vector<float> wanted = vertices(shape);
    for (int i = 1; i < 12; ++i) {
        const Shape next = stage.frame(static_cast<std::uint16_t>(i * 5'000));
        wanted = mixed(wanted, vertices(next), 0.4F);
        shape = shape.towards(next, 0.4F);
        near(vertices(shape), wanted);
    }
    for (int i = 0; i < 100; ++i) {  // more frames than there is room for: the latest count most
        shape = shape.towards(stage.frame(30'000), 0.5F);
    }
    near(vertices(shape), vertices(stage.frame(30'000)));
}

TEST(what_does_not_fit_gives_way) {
    Stage stage, other;
    const Shape mine = stage.frame(0), theirs = other.frame(65'535);
    near(vertices(mine.towards(theirs, 0.5F)), vertices(theirs));
    near(vertices(Shape().towards(theirs, 0.5F)), vertices(theirs));
    CHECK(mine.towards(Shape(), 0.5F).empty());
    CHECK(Shape::neutral(nullptr).empty());

    Server three{3};
    Held<Moment> kept;
    const Media frame = three.frame(1, 0, 0, KEY);
    CHECK(stage.poser.keep(std::get<Frame>(frame.message), kept));
    CHECK(Shape::of(kept, stage.head, stage.basis).empty());  // of the same name, but not of as many vertices
    CHECK(Shape::of(kept, nullptr, nullptr).empty());
    Server five{1'000, 5};
    const Media coefficients = five.coefficients(1, 0, 0, KEY);
    CHECK(stage.poser.keep(std::get<Coefficients>(coefficients.message), kept));
    CHECK(Shape::of(kept, stage.head, stage.basis).empty());
    CHECK(Shape::of(kept, stage.head, nullptr).empty());
}

TEST(a_delta8_that_is_none_has_no_vertices) {
    Stage stage;
    Media media = stage.server.frame(1, 0, 0, KEY);
    auto& frame = std::get<Frame>(media.message);
    frame.codec = Codec::delta8;
    frame.vertices = stage.server.keep(std::vector<std::uint8_t>(40, 3));
    Held<Moment> kept;
    CHECK(!stage.poser.keep(frame, kept));
    CHECK(Shape::of(kept, stage.head, stage.basis).empty());
}

TEST(a_shape_outlives_who_made_it_on_another_thread) {
    Shape shape;
    {
        Stage stage;
        shape = stage.frame(65'535).towards(stage.coefficients(1.0), 0.5F).towards(Shape::neutral(stage.head), 0.5F);
    }
    std::vector<float> seen;
    std::thread worker([&seen, mine = shape]() mutable {
        seen = vertices(mine);
        mine = Shape();
    });
    near(vertices(shape), vertices(shape));
    shape = Shape();
    worker.join();
    CHECK_EQ(seen.size(), 3'000U);
    CHECK(seen[0] > 0.0F && seen[0] < 0.1F);
}

TEST(normals_are_mixed_where_all_have_them) {
    Stage stage;
    const auto with = [&](std::int8_t x, std::int8_t y) {
        Media media = stage.server.frame(1, 0, 0, KEY);
        auto& frame = std::get<Frame>(media.message);
        std::vector<std::int8_t> normals(2'000);
        for (std::size_t i = 0; i < normals.size(); ++i) {
            normals[i] = i % 2 == 0 ? x : y;
        }
        frame.normals = stage.server.keep(normals);
        Held<Moment> kept;
        CHECK(stage.poser.keep(frame, kept));
        return Shape::of(kept, stage.head, stage.basis);
    };
    std::vector<float> normals(3'000);
    const Shape ahead = with(0, 0), right = with(127, 0);
    CHECK(ahead.normals(normals.data()));
    CHECK_NEAR(normals[2'999], 1, 1e-6);
    CHECK(ahead.towards(right, 0.5F).normals(normals.data()));
    CHECK_NEAR(normals[0], std::sqrt(0.5), 1e-6);
    CHECK_NEAR(normals[2], std::sqrt(0.5), 1e-6);
    CHECK(!stage.frame(0).normals(normals.data()));
    CHECK(!ahead.towards(Shape::neutral(stage.head), 0.5F).normals(normals.data()));
    CHECK(!Shape().normals(normals.data()));
}
