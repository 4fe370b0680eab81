#include "Wav.h"

#include <cstring>

#include "Files.h"
#include "Talkwire/Bytes.h"

namespace talkwire {

namespace {

constexpr std::uint16_t PCM = 1, FLOAT = 3;

bool is(Bytes data, std::size_t at, const char* word) {
    return data.size >= at + 4 && std::memcmp(data.data + at, word, 4) == 0;
}

/// The chunk of this name; empty where there is none, and cut where the file is.
Bytes chunk(Bytes file, const char* name) {
    for (std::size_t at = 12; at + 8 <= file.size;) {
        const std::size_t size = load<std::uint32_t>(file.data + at + 4, 0);
        if (is(file, at, name)) {
            return file.part(at + 8, size);
        }
        at += 8 + size + size % 2;
    }
    return {};
}

}  // namespace

bool read_wav(const std::string& path, Wav& out, std::string& why) {
    Buffer bytes;
    if (!read_file(path, bytes, why)) {
        return false;
    }
    const Bytes file(bytes), format = chunk(file, "fmt "), data = chunk(file, "data");
    if (!is(file, 0, "RIFF") || !is(file, 8, "WAVE") || format.size < 16 || data.empty()) {
        why = path + " is no WAV file with sound in it";
        return false;
    }
    std::uint16_t kind = load<std::uint16_t>(format.data, 0);
    if (kind == 0xFFFE && format.size >= 26) {  // "extensible": it says further down
        kind = load<std::uint16_t>(format.data + 24, 0);
    }
    const std::size_t channels = load<std::uint16_t>(format.data + 2, 0), bits = load<std::uint16_t>(format.data + 14, 0);
    if (channels == 0 || !((kind == PCM && bits == 16) || (kind == FLOAT && bits == 32))) {
        why = path + " has " + std::to_string(bits) + "-bit sound of kind " + std::to_string(kind) +
              ", wanted 16-bit or float; convert it with: ffmpeg -i IN -c:a pcm_s16le OUT.wav";
        return false;
    }
    out.sample_rate_hz = load<std::uint32_t>(format.data + 4, 0);
    out.samples.assign(data.size / (channels * bits / 8), 0);
    for (std::size_t i = 0; i < out.samples.size() * channels; ++i) {
        const float value = kind == PCM ? static_cast<float>(load<std::int16_t>(data.data, i)) / 32768.0f
                                        : load<float>(data.data, i);
        out.samples[i / channels] += value / static_cast<float>(channels);
    }
    return true;
}

}  // namespace talkwire
