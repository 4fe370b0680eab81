// Runs a fuzz target where libFuzzer is not: all .bin files of the folders, and then what becomes of them by
// chance.
//
//   fuzz_x [--runs N] [--seed S] FOLDER...
// With the sanitizers, what breaks is printed as hex before the program ends.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "Files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using talkwire::Buffer;

Buffer running;

void say_what_broke() {
    std::fprintf(stderr, "input of %zu bytes: ", running.size());
    for (const std::uint8_t byte : running) {
        std::fprintf(stderr, "%02x", static_cast<unsigned>(byte));
    }
    std::fprintf(stderr, "\n");
}

/// In memory of exactly its size, so that one byte too many is seen.
void run(const Buffer& input) {
    running = input;
    const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[input.size() + (input.empty() ? 1 : 0)]);
    if (!input.empty()) {
        std::memcpy(exact.get(), input.data(), input.size());
    }
    LLVMFuzzerTestOneInput(exact.get(), input.size());
}

class Chance {
public:
    explicit Chance(std::uint64_t seed) : state_(seed * 2 + 1) {}
    /// From 0 to most - 1. Numbers of a linear congruence, of which the upper bits are the better ones.
    std::size_t below(std::size_t most) {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::size_t>(state_ >> 33) % most;
    }

private:
    std::uint64_t state_;
};

/// One small damage: a bit, a byte, a telling byte, some bytes less, more, doubled, or from another input.
void damage(Buffer& bytes, const std::vector<Buffer>& seeds, Chance& chance) {
    static constexpr std::uint8_t TELLING[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0xc0, 0xc4,
                                               0xc6, 0xcb, 0xcf, 0xd9, 0xdc, 0xdd, 0xdb};
    if (bytes.empty()) {
        bytes.push_back(0x90);
    }
    const std::size_t at = chance.below(bytes.size()), left = bytes.size() - at,
                      some = 1 + chance.below(left < 8 ? left : 8);
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at),
               to = from + static_cast<std::ptrdiff_t>(some);
    switch (chance.below(7)) {
        case 0: bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 1u << chance.below(8)); break;
        case 1: bytes[at] = static_cast<std::uint8_t>(chance.below(256)); break;
        case 2: bytes[at] = TELLING[chance.below(sizeof TELLING)]; break;
        case 3: bytes.erase(from, to); break;
        case 4: bytes.insert(from, some, static_cast<std::uint8_t>(chance.below(256))); break;
        case 5: {
            const Buffer copy(from, to);
            bytes.insert(from, copy.begin(), copy.end());
            break;
        }
        default: {
            const Buffer& other = seeds[chance.below(seeds.size())];
            const std::size_t start = chance.below(other.size() + 1);
            bytes.resize(at);
            bytes.insert(bytes.end(), other.begin() + static_cast<std::ptrdiff_t>(start), other.end());
        }
    }
}

}  // namespace

int main(int count, char** words) {
    std::size_t runs = 10'000, seed = 1;
    std::vector<Buffer> seeds;
    std::string why;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if ((word == "--runs" || word == "--seed") && i + 1 < count) {
            (word == "--runs" ? runs : seed) = std::strtoull(words[++i], nullptr, 10);
            continue;
        }
        std::vector<std::string> paths;
        if (!talkwire::list_folder(word, ".bin", paths, why)) {
            std::fprintf(stderr, "%s\n", why.c_str());
            return 2;
        }
        for (const std::string& path : paths) {
            seeds.emplace_back();
            if (!talkwire::read_file(path, seeds.back(), why)) {
                std::fprintf(stderr, "%s\n", why.c_str());
                return 2;
            }
        }
    }
    if (seeds.empty()) {
        std::fprintf(stderr, "usage: %s [--runs N] [--seed S] FOLDER...\n", words[0]);
        return 2;
    }
    if (__sanitizer_set_death_callback != nullptr) {
        __sanitizer_set_death_callback(&say_what_broke);
    }
    for (const Buffer& input : seeds) {
        run(input);
    }
    Chance chance(seed);
    for (std::size_t i = 0; i < runs; ++i) {
        Buffer input = seeds[chance.below(seeds.size())];
        for (std::size_t damages = 1 + chance.below(4); damages > 0; --damages) {
            damage(input, seeds, chance);
        }
        run(input);
    }
    std::printf("%zu inputs and %zu damaged ones\n", seeds.size(), runs);
    return 0;
}
