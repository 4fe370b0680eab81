// bench_core FOLDER: what one NPC costs a frame, on one thread, as JSON. FOLDER is that of tool_decode.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "Json.h"
#include "Talkwire/AxisMap.h"
#include "Talkwire/Normals.h"
#include "Talkwire/Vertices.h"
#include "part.h"

namespace {

using namespace talkwire;

constexpr int WARM = 50, RUNS = 1000;

template <class Work>
Json timed(const char* what, double budget_ms, Work work) {
    std::vector<double> took_ms;
    for (int i = 0; i < WARM + RUNS; ++i) {
        const auto before = std::chrono::steady_clock::now();
        work();
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - before;
        if (i >= WARM) {
            took_ms.push_back(took.count());
        }
    }
    std::sort(took_ms.begin(), took_ms.end());
    Json out = Json::object();
    out.set("what", Json::string(what));
    out.set("p50_ms", Json::number(took_ms[RUNS / 2]));
    out.set("p99_ms", Json::number(took_ms[RUNS * 99 / 100]));
    if (budget_ms > 0) {
        out.set("budget_ms", Json::number(budget_ms));
    }
    return out;
}

struct Part {
    Buffer bytes;
    Media media;
};

bool read(const std::string& path, Part& part) { return read_part(path, part.bytes, part.media); }

}  // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::fprintf(stderr, "usage: bench_core FOLDER\n");
        return 2;
    }
    const std::string folder = std::string(words[1]) + "/";
    Part mesh, basis, q16, q16n, delta8, f32, short_frame;
    if (!read(folder + "mesh.bin", mesh) || !read(folder + "basis.bin", basis) ||
        !read(folder + "frame_q16.bin", q16) || !read(folder + "frame_q16n.bin", q16n) ||
        !read(folder + "frame_delta8.bin", delta8) || !read(folder + "frame_f32.bin", f32) ||
        !read(folder + "frame_basis.bin", short_frame)) {
        return 1;
    }
    Vertices vertices;
    VertexNormals normals;
    BasisSum sum;
    vertices.reset(*std::get_if<Mesh>(&mesh.media.message));
    normals.reset(*std::get_if<Mesh>(&mesh.media.message));
    sum.reset(*std::get_if<Basis>(&basis.media.message));
    std::vector<float> moved(3 * vertices.count()), looking(3 * vertices.count()),
        coefficients(sum.coefficient_count());
    const AxisMap axes = AxisMap::unreal();
    Media media;
    Problem problem;
    bool good = true;

    const auto frame = [&](const Part& part) {  // from the socket's bytes to floats, every check included
        return [&, bytes = Bytes(part.bytes)] {
            good = good && decode_media(bytes, media, problem) &&
                   vertices.decode(*std::get_if<Frame>(&media.message), moved.data(), problem);
        };
    };
    Json rows = Json::array();
    rows.add(timed("q16, message and vertices", 0.05, frame(q16)));
    rows.add(timed("delta8, message and vertices", 0, frame(delta8)));
    rows.add(timed("f32, message and vertices", 0, frame(f32)));
    rows.add(timed("basis, message and sum", 0.35, [&] {
        good = good && decode_media(short_frame.bytes, media, problem) &&
               sum.coefficients(*std::get_if<Coefficients>(&media.message), coefficients.data(), problem);
        sum.sum(coefficients.data(), moved.data());
    }));
    rows.add(timed("normals of triangles", 0, [&] { normals.compute(moved.data(), looking.data()); }));
    rows.add(timed("normals of q16n", 0, [&] {
        decode_normals(std::get_if<Frame>(&q16n.media.message)->normals, looking.data());
    }));
    rows.add(timed("positions and normals to Unreal's axes", 0, [&] {
        axes.positions(moved.data(), vertices.count(), moved.data());
        axes.directions(looking.data(), vertices.count(), looking.data());
    }));
    if (!good) {
        std::fprintf(stderr, "%s\n", problem.sentence().c_str());
        return 1;
    }
    Json out = Json::object();
    out.set("vertices", Json::whole(static_cast<std::int64_t>(vertices.count())));
    out.set("components", Json::whole(static_cast<std::int64_t>(sum.coefficient_count())));
    out.set("runs", Json::whole(RUNS));
    out.set("rows", std::move(rows));
    std::printf("%s\n", out.text().c_str());
    return 0;
}
