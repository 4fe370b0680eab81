// tool_zstd FRAMES OUT [REPEATS]: what the decoder makes of frames, for comparison with Python's zstandard.
//
// FRAMES has of each frame how much it holds (u32), its own length (u32), and the frame. OUT gets 1 and the bytes for
// each that is decoded, 0 for one that is refused. With REPEATS it prints the time of each.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "Files.h"
#include "Talkwire/Zstd.h"

using namespace talkwire;

int main(int count, char** words) {
    if (count < 3) {
        std::fprintf(stderr, "usage: tool_zstd FRAMES OUT [REPEATS]\n");
        return 2;
    }
    Buffer frames;
    std::string why;
    std::FILE* file = std::fopen(words[2], "wb");
    if (file == nullptr || !read_file(words[1], frames, why)) {
        std::fprintf(stderr, "%s\n", file == nullptr ? words[2] : why.c_str());
        return 1;
    }
    const int repeats = count > 3 ? std::atoi(words[3]) : 0;
    Zstd zstd;
    Problem problem;
    for (std::size_t at = 0; at + 8 <= frames.size();) {
        const std::size_t size = load<std::uint32_t>(frames.data() + at, 0);
        const std::size_t length = load<std::uint32_t>(frames.data() + at, 1);
        // memory of exactly the size, so that one byte too many is seen
        const std::unique_ptr<std::uint8_t[]> frame(new std::uint8_t[length + 1 - (length > 0)]);
        const std::unique_ptr<std::uint8_t[]> out(new std::uint8_t[size + 1 - (size > 0)]);
        std::memcpy(frame.get(), frames.data() + at + 8, length);
        const bool good = zstd.decode({frame.get(), length}, out.get(), size, problem);
        std::fputc(good, file);
        std::fwrite(out.get(), 1, good ? size : 0, file);
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < repeats; ++i) {
            zstd.decode({frame.get(), length}, out.get(), size, problem);
        }
        if (repeats > 0) {
            const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
            std::printf("%zu bytes of %zu: %.4f ms\n", length, size, took.count() / repeats);
        }
        at += 8 + length;
    }
    return std::fclose(file) == 0 ? 0 : 1;
}
