#include "Talkwire/Recording.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "Files.h"
#include "Talkwire/Limits.h"

namespace talkwire {

namespace {

constexpr char MAGIC[] = {'T', 'W', 'R', 'E', 'C', 1, '\r', '\n'};
constexpr std::size_t RECORD_BYTES = 12;
constexpr std::int64_t MAX_TIME_NS = std::int64_t{1} << 62;  // 146 years; a clock that says more is damage
constexpr std::size_t PIECE_BYTES = 1 << 20;                       // of a part: memory is taken for what is there

bool unreadable(Problem& problem, const std::string& path, const std::string& seen) {
    return refuse(problem, Problem::Kind::file, path + " cannot be read", seen, "a file", "look at the path");
}

}  // namespace

Recorder::~Recorder() {
    Problem unheard;
    close(unheard);
}

bool Recorder::open(const std::string& path, Problem& problem) {
    if (!close(problem)) {
        return false;
    }
    path_ = path;
    file_ = open_file(path + ".partial", true);
    if (file_ == nullptr || std::fwrite(MAGIC, sizeof MAGIC, 1, file_) != 1) {
        return fail(problem);
    }
    return true;
}

bool Recorder::write(Bytes part, std::int64_t arrived_ns, Problem& problem) {
    const bool is_part = !part.empty() && part.size <= MAX_MEDIA_BYTES && arrived_ns >= 0 && arrived_ns < MAX_TIME_NS;
    if (file_ == nullptr || !is_part) {
        const std::string what = std::to_string(part.size) + " bytes at " + std::to_string(arrived_ns) + " ns";
        return refuse(problem, Problem::Kind::file, "this cannot be recorded", file_ == nullptr ? "no file" : what,
                      "a part of a media socket, and an open file", "open a recording, and write what arrives");
    }
    std::array<std::uint8_t, RECORD_BYTES> head;
    const auto at_ns = static_cast<std::uint64_t>(arrived_ns);
    const auto length = static_cast<std::uint32_t>(part.size);
    std::memcpy(head.data(), &at_ns, sizeof at_ns);
    std::memcpy(head.data() + sizeof at_ns, &length, sizeof length);
    if (std::fwrite(head.data(), head.size(), 1, file_) != 1 || std::fwrite(part.data, part.size, 1, file_) != 1) {
        return fail(problem);
    }
    return true;
}

bool Recorder::close(Problem& problem) {
    if (file_ == nullptr) {
        return true;
    }
    const bool written = std::fflush(file_) == 0 && sync(file_);
    if (!written) {
        return fail(problem);
    }
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    return closed && rename_file(path_ + ".partial", path_) ? true : fail(problem);
}

void Recorder::abandon() {
    if (file_ != nullptr) {
        std::fclose(file_);
        file_ = nullptr;
        remove_file(path_ + ".partial");
    }
}

bool Recorder::fail(Problem& problem) {
    const std::string seen = why(errno);
    abandon();
    remove_file(path_ + ".partial");  // closed, perhaps, and not to be renamed
    return refuse(problem, Problem::Kind::file, path_ + " cannot be written", seen,
                  "room in a folder that can be written", "free some space, or choose another file");
}

RecordingReader::~RecordingReader() { close(); }

bool RecordingReader::open(const std::string& path, bool recover, Problem& problem) {
    close();
    path_ = path;
    recover_ = recover;
    if (is_waiting_place(path)) {
        return unreadable(problem, path, "a pipe or a device");
    }
    file_ = open_file(path, false);
    if (file_ == nullptr) {
        return unreadable(problem, path, why(errno));
    }
    std::array<char, sizeof MAGIC> magic{};
    const std::size_t got = std::fread(magic.data(), 1, magic.size(), file_);
    if (std::ferror(file_) != 0) {
        const std::string seen = why(errno);
        close();
        return unreadable(problem, path, seen);
    }
    if (got != magic.size() || std::memcmp(magic.data(), MAGIC, sizeof MAGIC) != 0) {
        close();
        return refuse(problem, Problem::Kind::file, path + " is not a recording of this version",
                      std::to_string(got) + " other bytes at its beginning", "TWREC, version 1",
                      "record one with: talkwire listen --record FILE");
    }
    at_ = sizeof MAGIC;
    return true;
}

bool RecordingReader::next(Record& record, Problem& problem) {
    if (file_ == nullptr) {
        return false;
    }
    std::array<std::uint8_t, RECORD_BYTES> head;
    const std::size_t got = std::fread(head.data(), 1, head.size(), file_);
    const auto arrived_ns = load<std::uint64_t>(head.data(), 0);
    const std::size_t length = load<std::uint32_t>(head.data() + 8, 0);
    bool whole = got == head.size() && length > 0 && length <= MAX_MEDIA_BYTES &&
                 arrived_ns < static_cast<std::uint64_t>(MAX_TIME_NS);
    std::size_t read = 0;
    while (whole && read < length) {
        const std::size_t piece = std::min(PIECE_BYTES, length - read);
        part_.resize(std::max(part_.size(), read + piece));
        whole = std::fread(part_.data() + read, 1, piece, file_) == piece;
        read += piece;
    }
    if (whole) {
        record = {static_cast<std::int64_t>(arrived_ns), {part_.data(), length}};
        at_ += RECORD_BYTES + length;
        return true;
    }
    const bool broken = std::ferror(file_) != 0;
    const std::string seen = broken ? why(errno) : "a broken or cut record at byte " + std::to_string(at_);
    close();
    if (broken) {
        return unreadable(problem, path_, seen);
    }
    if (got == 0 || recover_) {
        return false;
    }
    return refuse(problem, Problem::Kind::file, path_ + " is damaged", seen, "whole records up to the end",
                  "play what is whole of it (recover), or record it again");
}

void RecordingReader::close() {
    if (file_ != nullptr) {
        std::fclose(file_);
        file_ = nullptr;
    }
}

}  // namespace talkwire
