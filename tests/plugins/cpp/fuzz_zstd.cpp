// Any bytes as a Zstandard frame, which says itself how much it holds where it says so in one or two bytes.
#include "Talkwire/Zstd.h"

#include <vector>

using namespace talkwire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Zstd zstd;
    std::vector<std::uint8_t> out;
    Problem problem;
    for (const std::size_t at : {std::size_t{5}, std::size_t{6}}) {
        for (const std::size_t wide : {std::size_t{1}, std::size_t{2}}) {
            if (size >= at + wide) {
                out.assign(wide == 1 ? data[at] : 256u + data[at] + (std::size_t{data[at + 1]} << 8), 0);
                zstd.decode({data, size}, out.data(), out.size(), problem);
            }
        }
    }
    return 0;
}
