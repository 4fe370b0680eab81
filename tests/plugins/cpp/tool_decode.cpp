// tool_decode FOLDER OUT: the vertices and normals of a folder's frames, for comparison with those of the
// Python side.
//
// FOLDER has mesh.bin, basis.bin and frames, each one part of a media socket. Of each frame NAME.bin, OUT
// gets NAME.vertices and NAME.normals, [V, 3] f32: the normals that it brought, or else those of its
// triangles.
#include <cstdio>
#include <string>
#include <vector>

#include "Talkwire/Normals.h"
#include "Talkwire/Vertices.h"
#include "part.h"

namespace {

using namespace talkwire;

bool write_floats(const std::string& path, const std::vector<float>& values) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) {
        return false;
    }
    const bool good = std::fwrite(values.data(), sizeof(float), values.size(), file) == values.size();
    return std::fclose(file) == 0 && good;
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) {
        std::fprintf(stderr, "usage: tool_decode FOLDER OUT\n");
        return 2;
    }
    const std::string folder = words[1], out = words[2];
    std::vector<std::string> paths;
    std::string why;
    Buffer bytes;
    Media media;
    Problem problem;
    Vertices vertices;
    VertexNormals normals;
    BasisSum sum;
    if (!read_part(folder + "/mesh.bin", bytes, media)) {
        return 1;
    }
    vertices.reset(*std::get_if<Mesh>(&media.message));
    normals.reset(*std::get_if<Mesh>(&media.message));
    if (!read_part(folder + "/basis.bin", bytes, media)) {
        return 1;
    }
    sum.reset(*std::get_if<Basis>(&media.message));
    std::vector<float> moved(3 * vertices.count()), looking(3 * vertices.count()),
        coefficients(sum.coefficient_count());
    if (!list_folder(folder, ".bin", paths, why)) {
        return 1;
    }
    for (const std::string& path : paths) {
        if (!read_part(path, bytes, media)) {
            return 1;
        }
        const Frame* frame = std::get_if<Frame>(&media.message);
        const Coefficients* short_frame = std::get_if<Coefficients>(&media.message);
        if (frame == nullptr && short_frame == nullptr) {
            continue;
        }
        if (frame != nullptr ? !vertices.decode(*frame, moved.data(), problem)
                             : !sum.coefficients(*short_frame, coefficients.data(), problem)) {
            std::fprintf(stderr, "%s: %s\n", path.c_str(), problem.sentence().c_str());
            return 1;
        }
        if (short_frame != nullptr) {
            sum.sum(coefficients.data(), moved.data());
        }
        if (frame != nullptr && !frame->normals.empty()) {
            decode_normals(frame->normals, looking.data());
        } else {
            normals.compute(moved.data(), looking.data());
        }
        const std::string name = out + path.substr(folder.size(), path.size() - folder.size() - 4);
        if (!write_floats(name + ".vertices", moved) || !write_floats(name + ".normals", looking)) {
            std::fprintf(stderr, "%s cannot be written\n", name.c_str());
            return 1;
        }
    }
    return 0;
}
