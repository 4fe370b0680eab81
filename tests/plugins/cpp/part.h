// One part of a media socket, from a file.
#pragma once

#include <cstdio>
#include <string>

#include "Files.h"
#include "Talkwire/MessageCodec.h"

/// Read and decoded, `media` with views into `bytes`. False when it cannot be, and stderr says why.
inline bool read_part(const std::string& path, talkwire::Buffer& bytes, talkwire::Media& media) {
    std::string why;
    talkwire::Problem problem;
    if (!talkwire::read_file(path, bytes, why) || !talkwire::decode_media(bytes, media, problem)) {
        std::fprintf(stderr, "%s: %s\n", path.c_str(), why.empty() ? problem.sentence().c_str() : why.c_str());
        return false;
    }
    return true;
}
