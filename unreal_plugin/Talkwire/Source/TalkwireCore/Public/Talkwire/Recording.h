// Recordings of a media stream: every part with its arrival time, in one file that plays it again.
//
// Layout: the 8 bytes `TWREC\x01\r\n` (the sixth is the format's version), then records: arrival time in ns (u64),
// length (u32), the part as it was on the wire. Integers little-endian. What `talkwire listen --record` writes and
// `talkwire replay` plays. FILE is whole or absent: it is FILE.partial until it is closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Problem.h"

namespace talkwire {

/// Writes a recording. One thread at a time; a slow disk makes write() slow.
class TALKWIRECORE_API Recorder {
public:
    Recorder() = default;
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    /// Closes it; what goes wrong then nobody hears of.
    ~Recorder();

    /// path: UTF-8. Fails with `file`. What was open is closed first.
    bool open(const std::string& path, Problem& problem);
    bool is_open() const { return file_ != nullptr; }
    /// Append one part of a media socket. Fails with `file`, and the file is gone, when the disk is full.
    bool write(Bytes part, std::int64_t arrived_ns, Problem& problem);
    /// It is on the disk, whole, under its name.
    bool close(Problem& problem);
    /// It never was.
    void abandon();

private:
    bool fail(Problem& problem);

    std::string path_;
    std::FILE* file_ = nullptr;
};

/// Reads a recording, one part after the other.
class TALKWIRECORE_API RecordingReader {
public:
    struct Record {
        std::int64_t arrived_ns = 0;
        Bytes part;  // stands until the next one is read
    };

    RecordingReader() = default;
    RecordingReader(const RecordingReader&) = delete;
    RecordingReader& operator=(const RecordingReader&) = delete;
    ~RecordingReader();

    /// recover: a cut or broken record is taken for the end. Fails with `file` for what is no recording.
    bool open(const std::string& path, bool recover, Problem& problem);
    /// False at the end; and, with a problem, where the file is damaged.
    bool next(Record& record, Problem& problem);
    void close();

private:
    std::string path_;
    std::FILE* file_ = nullptr;
    bool recover_ = false;
    std::uint64_t at_ = 0;
    Buffer part_;
};

}  // namespace talkwire
