#include "Files.h"

#include <array>
#include <cstdint>
#include <cstring>

#ifdef _WIN32
#include <io.h>
#include <share.h>
#else
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace talkwire {

#ifdef _WIN32

namespace {

/// UTF-8 to UTF-16; what is no UTF-8 becomes a name that is not there.
std::wstring wide(const std::string& path) {
    std::wstring out;
    for (std::size_t i = 0; i < path.size();) {
        const auto lead = static_cast<unsigned char>(path[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        std::uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
        for (std::size_t k = 1; k < length && i + k < path.size(); ++k) {
            point = point << 6 | (static_cast<unsigned char>(path[i + k]) & 0x3FU);
        }
        i += length;
        if (point < 0x10000) {
            out.push_back(static_cast<wchar_t>(point));
        } else {
            out.push_back(static_cast<wchar_t>(0xD800 + ((point - 0x10000) >> 10 & 0x3FF)));
            out.push_back(static_cast<wchar_t>(0xDC00 + ((point - 0x10000) & 0x3FF)));
        }
    }
    return out;
}

}  // namespace

std::FILE* open_file(const std::string& path, bool for_writing) {
    return _wfsopen(wide(path).c_str(), for_writing ? L"wb" : L"rb", _SH_DENYWR);
}

bool is_waiting_place(const std::string&) {
    return false;
}

bool others_can_read(std::FILE*) {
    return false;
}

bool sync(std::FILE* file) {
    return _commit(_fileno(file)) == 0;
}

void remove_file(const std::string& path) {
    _wremove(wide(path).c_str());
}

bool rename_file(const std::string& from, const std::string& to) {
    remove_file(to);
    return _wrename(wide(from).c_str(), wide(to).c_str()) == 0;
}

std::string why(int error) {
    std::array<char, 128> text{};
    strerror_s(text.data(), text.size(), error);
    return text.data();
}

#else

std::FILE* open_file(const std::string& path, bool for_writing) {
    return std::fopen(path.c_str(), for_writing ? "wb" : "rb");
}

bool is_waiting_place(const std::string& path) {
    struct stat found;
    return stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode);
}

bool others_can_read(std::FILE* file) {
    struct stat found;
    return fstat(fileno(file), &found) == 0 && (found.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

bool sync(std::FILE* file) {
    return fsync(fileno(file)) == 0;
}

void remove_file(const std::string& path) {
    std::remove(path.c_str());
}

bool rename_file(const std::string& from, const std::string& to) {
    return std::rename(from.c_str(), to.c_str()) == 0;
}

std::string why(int error) {
    return error == 0 ? "an error" : std::strerror(error);
}

#endif

}  // namespace talkwire
