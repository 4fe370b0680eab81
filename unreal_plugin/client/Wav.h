// Voice lines out of WAV files, for the console programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace talkwire {

struct Wav {
    std::uint32_t sample_rate_hz = 0;
    std::vector<float> samples;  // mono, in [-1, 1]
};

/// 16-bit or float, any rate; channels are averaged. False, and `why` as a sentence, for any other file.
bool read_wav(const std::string& path, Wav& out, std::string& why);

}  // namespace talkwire
