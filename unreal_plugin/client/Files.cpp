#include "Files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace talkwire {

bool read_file(const std::string& path, Buffer& out, std::string& why) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) {
        why = path + " cannot be read: " + std::strerror(errno);
        return false;
    }
    out.clear();
    std::uint8_t chunk[65536];
    std::size_t got = 0;
    while ((got = std::fread(chunk, 1, sizeof chunk, file)) > 0) {
        out.insert(out.end(), chunk, chunk + got);
    }
    const bool good = std::ferror(file) == 0;
    std::fclose(file);
    if (!good) {
        why = path + " cannot be read to its end";
    }
    return good;
}

bool list_folder(const std::string& folder, const std::string& ending, std::vector<std::string>& out,
                 std::string& why) {
    std::error_code error;
    out.clear();
    std::filesystem::directory_iterator at(folder, error);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
        std::string path = at->path().string();
        if (path.size() > ending.size() &&
            path.compare(path.size() - ending.size(), ending.size(), ending) == 0) {
            out.push_back(std::move(path));
        }
    }
    if (error) {
        why = folder + " cannot be read: " + error.message();
        return false;
    }
    std::sort(out.begin(), out.end());
    return true;
}

}  // namespace talkwire
