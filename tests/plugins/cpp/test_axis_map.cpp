#include <cmath>
#include <cstdint>

#include "Talkwire/AxisMap.h"
#include "check.h"

using namespace talkwire;

namespace {

struct Vector {
    float x, y, z;
};

Vector minus(Vector a, Vector b) {
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}
Vector cross(Vector a, Vector b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
float dot(Vector a, Vector b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

/// What each engine takes for the normal of triangle (a, b, c).
Vector normal_in_unreal(Vector a, Vector b, Vector c) {
    return cross(minus(c, a), minus(b, a));
}
Vector normal_in_unity(Vector a, Vector b, Vector c) {
    return cross(minus(b, a), minus(c, a));
}

/// v turned by q: the formula is the same in a left-handed space, where its sense is the other.
Vector turned(const float q[4], Vector v) {
    const Vector u = {q[0], q[1], q[2]};
    const Vector twice = cross(u, v), t = {2 * twice.x, 2 * twice.y, 2 * twice.z};
    const Vector more = cross(u, t);
    return {v.x + q[3] * t.x + more.x, v.y + q[3] * t.y + more.y, v.z + q[3] * t.z + more.z};
}

struct Engine {
    const char* name;
    AxisMap map;
    Vector (*normal)(Vector, Vector, Vector);
};

const Engine ENGINES[] = {{"unreal", AxisMap::unreal(), &normal_in_unreal},
                          {"unity", AxisMap::unity(), &normal_in_unity}};

Vector moved(const AxisMap& map, Vector v) {
    Vector out;
    map.positions(&v.x, 1, &out.x);
    return out;
}

}  // namespace

TEST(golden_points) {
    const Vector point = {0.01f, 0.02f, 0.03f};
    const Vector unreal = moved(AxisMap::unreal(), point), unity = moved(AxisMap::unity(), point);
    CHECK_NEAR(unreal.x, 1.0, 1e-6);
    CHECK_NEAR(unreal.y, 3.0, 1e-6);
    CHECK_NEAR(unreal.z, 2.0, 1e-6);
    CHECK_NEAR(unity.x, -0.01, 1e-9);
    CHECK_NEAR(unity.y, 0.02, 1e-9);
    CHECK_NEAR(unity.z, 0.03, 1e-9);
    Vector up = {0, 1, 0};
    AxisMap::unreal().directions(&up.x, 1, &up.x);
    CHECK(up.x == 0 && up.y == 0 && up.z == 1);
}

TEST(golden_rotation) {
    // 90 degrees about +Y bring +Z, the face, to +X, its left.
    const float half = std::sqrt(0.5f), turn[4] = {0, half, 0, half};
    const Vector left = turned(turn, {0, 0, 1});
    CHECK_NEAR(left.x, 1, 1e-6);
    float unreal[4], unity[4];
    AxisMap::unreal().rotation(turn, unreal);
    AxisMap::unity().rotation(turn, unity);
    const float wanted_unreal[4] = {0, 0, -half, half}, wanted_unity[4] = {0, -half, 0, half};
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK_NEAR(unreal[i], wanted_unreal[i], 1e-7);
        CHECK_NEAR(unity[i], wanted_unity[i], 1e-7);
    }
}

TEST(turning_and_mapping_may_change_places) {
    for (const Engine& engine : ENGINES) {
        for (int i = 0; i < 100; ++i) {
            float q[4], length = 0;
            for (int k = 0; k < 4; ++k) {
                q[k] = std::sin(static_cast<float>(7 * i + 3 * k + 1));
                length += q[k] * q[k];
            }
            for (float& part : q) {
                part /= std::sqrt(length);
            }
            const Vector point = {std::cos(static_cast<float>(i)), std::sin(static_cast<float>(2 * i)), 0.3f};
            float mapped[4];
            engine.map.rotation(q, mapped);
            const Vector first_turned = moved(engine.map, turned(q, point));
            const Vector first_moved = turned(mapped, moved(engine.map, point));
            const float most = 1e-5f * engine.map.scale();
            CHECK_NEAR(first_turned.x, first_moved.x, most);
            CHECK_NEAR(first_turned.y, first_moved.y, most);
            CHECK_NEAR(first_turned.z, first_moved.z, most);
        }
    }
}

TEST(fronts_stay_fronts) {
    // A sphere's points are their own normals. Counter-clockwise from outside: (b - a) x (c - a) looks
    // outwards.
    for (const Engine& engine : ENGINES) {
        for (int i = 0; i < 200; ++i) {
            const float u = static_cast<float>(i) * 0.31f, v = static_cast<float>(i) * 0.17f;
            Vector corner[3] = {
                {std::cos(u) * std::cos(v), std::sin(v), std::sin(u) * std::cos(v)},
                {std::cos(u + 0.1f) * std::cos(v), std::sin(v), std::sin(u + 0.1f) * std::cos(v)},
                {std::cos(u) * std::cos(v + 0.1f), std::sin(v + 0.1f), std::sin(u) * std::cos(v + 0.1f)}};
            Vector normal = corner[0];
            std::uint32_t triangle[3] = {0, 1, 2};
            if (dot(cross(minus(corner[1], corner[0]), minus(corner[2], corner[0])), normal) < 0) {
                triangle[1] = 2;
                triangle[2] = 1;
            }
            engine.map.positions(&corner[0].x, 3, &corner[0].x);
            engine.map.directions(&normal.x, 1, &normal.x);
            engine.map.triangles(triangle, 1, triangle);
            const Vector geometric =
                engine.normal(corner[triangle[0]], corner[triangle[1]], corner[triangle[2]]);
            CHECK(dot(geometric, normal) > 0);
        }
    }
}
