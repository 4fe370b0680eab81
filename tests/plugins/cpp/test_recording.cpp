// Recordings play again what arrived, are whole or absent, and say where they are damaged.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "Talkwire/Player.h"
#include "Talkwire/Recording.h"
#include "Talkwire/Replay.h"
#include "check.h"
#include "messages.h"

using namespace talkwire;

namespace {

namespace fs = std::filesystem;

struct Folder {
    fs::path path = fs::temp_directory_path() / ("talkwire_recording_" + std::to_string(std::rand()));
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
    std::string file(const char* name) const { return (path / name).string(); }
};

Buffer read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_all(const std::string& path, const Buffer& data, std::size_t size) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(size));
}

const std::vector<Buffer>& parts() {
    static const std::vector<Buffer> made = [] {
        std::vector<Buffer> all;
        for (const char* name : {"media_mesh", "media_frame_q16", "media_audio", "media_event_ended", "media_basis"}) {
            all.push_back(read_all(checks::vectors() + "/" + name + ".bin"));
        }
        return all;
    }();
    return made;
}

void record(const std::string& path) {
    Recorder recorder;
    Problem problem;
    CHECK(recorder.open(path, problem));
    for (std::size_t i = 0; i < parts().size(); ++i) {
        CHECK(recorder.write(parts()[i], static_cast<std::int64_t>(1'000 + i), problem));
    }
    CHECK(recorder.close(problem));
    CHECK(!problem);
}

/// How many records could be read, each as it was written.
std::size_t read_back(const std::string& path, bool recover, Problem& problem) {
    RecordingReader reader;
    RecordingReader::Record one;
    std::size_t count = 0;
    if (!reader.open(path, recover, problem)) {
        return 0;
    }
    while (reader.next(one, problem)) {
        CHECK_EQ(one.arrived_ns, static_cast<std::int64_t>(1'000 + count));
        CHECK_EQ(Buffer(one.part.data, one.part.data + one.part.size), parts()[count]);
        ++count;
    }
    CHECK(!reader.next(one, problem));
    return count;
}

}  // namespace

TEST(what_was_recorded_is_read_again) {
    const Folder folder;
    record(folder.file("a.twrec"));
    Problem problem;
    CHECK_EQ(read_back(folder.file("a.twrec"), false, problem), parts().size());
    CHECK(!problem);
    CHECK(!fs::exists(folder.file("a.twrec.partial")));
    record(folder.file("a.twrec"));  // over the old one
}

TEST(every_truncation_is_refused_or_ends_between_two_records) {
    const Folder folder;
    record(folder.file("a.twrec"));
    const Buffer data = read_all(folder.file("a.twrec"));
    std::size_t whole = 0;
    for (std::size_t cut = 0; cut < data.size(); ++cut) {
        write_all(folder.file("b.twrec"), data, cut);
        Problem problem;
        const std::size_t count = read_back(folder.file("b.twrec"), false, problem);
        whole += problem ? 0 : 1;
        CHECK(!problem || problem.kind == Problem::Kind::file);
        Problem none;
        CHECK_EQ(read_back(folder.file("b.twrec"), true, none), count);
        CHECK(!none || cut < 8);
    }
    CHECK_EQ(whole, parts().size());
}

TEST(lengths_and_times_that_cannot_be_are_damage_and_take_no_memory) {
    const Folder folder;
    record(folder.file("a.twrec"));
    const Buffer data = read_all(folder.file("a.twrec"));
    for (const std::size_t at : {15U, 17U, 18U, 19U}) {
        Buffer broken = data;
        broken[at] = 0xFF;
        write_all(folder.file("b.twrec"), broken, broken.size());
        Problem problem;
        CHECK_EQ(read_back(folder.file("b.twrec"), false, problem), 0U);
        CHECK(problem.seen.find("at byte 8") != std::string::npos);
    }
}

TEST(what_is_no_recording_is_refused) {
    const Folder folder;
    write_all(folder.file("text"), Buffer{'T', 'W', 'R', 'E', 'C', 2, '\r', '\n'}, 8);
    const std::string zeros = "/dev/zero", nothing;
    for (const std::string& path : {folder.file("text"), folder.file("none"), folder.path.string(), zeros, nothing}) {
        RecordingReader reader;
        Problem problem;
        CHECK(!reader.open(path, false, problem));
        CHECK(problem.kind == Problem::Kind::file && !problem.cure.empty());
    }
}

TEST(a_recorder_says_what_it_cannot_do) {
    const Folder folder;
    Recorder recorder;
    Problem problem;
    CHECK(!recorder.write(parts()[0], 0, problem));
    CHECK(problem.kind == Problem::Kind::file);
    CHECK(!recorder.open(folder.file("no/such/folder"), problem));
    CHECK(recorder.open(folder.file("a.twrec"), problem));
    CHECK(!recorder.write({}, 0, problem));
    CHECK(!recorder.write(parts()[0], -1, problem));
    recorder.abandon();
    CHECK(fs::is_empty(folder.path));
    if (fs::exists("/dev/full")) {
        fs::create_symlink("/dev/full", folder.file("b.twrec.partial"));
        CHECK(recorder.open(folder.file("b.twrec"), problem));
        bool written = true;
        for (int i = 0; i < 100 && written; ++i) {
            written = recorder.write(parts()[0], 0, problem);
        }
        CHECK(!written);
        CHECK(!recorder.is_open());
    }
}

TEST(what_was_not_closed_is_closed_with_its_recorder) {
    const Folder folder;
    {
        Recorder recorder;
        Problem problem;
        CHECK(recorder.open(folder.file("a.twrec"), problem));
        CHECK(!fs::exists(folder.file("a.twrec")));
    }
    CHECK(fs::exists(folder.file("a.twrec")));
}

TEST(a_recording_plays_again_into_a_player) {
    const Folder folder;
    messages::Server server(100);
    Problem problem;
    {
        Recorder recorder;
        CHECK(recorder.open(folder.file("a.twrec"), problem));
        for (const Buffer& part : parts()) {
            CHECK(recorder.write(part, 5'000'000'000, problem));
        }
    }
    Replay replay;
    CHECK(replay.open(folder.file("a.twrec"), "", false, problem));
    CHECK(replay.start(100, problem));
    CHECK_EQ(replay.next_ns(), 100);
    SilentSink sink;
    Player player(sink);
    CHECK(replay.advance(player, 99, problem));
    CHECK(!player.head());
    CHECK(replay.advance(player, 100, problem));
    CHECK(replay.over());
    CHECK(player.head() != nullptr);
    CHECK_EQ(player.stats().received, 1);

    CHECK(replay.open(folder.file("a.twrec"), "somebody", false, problem));
    CHECK(replay.over());
    CHECK(!replay.open(folder.file("none"), "", false, problem));
    CHECK(problem.kind == Problem::Kind::file);
}

TEST(a_recording_with_a_message_that_makes_no_sense_ends_there) {
    const Folder folder;
    Problem problem;
    {
        Recorder recorder;
        CHECK(recorder.open(folder.file("a.twrec"), problem));
        CHECK(recorder.write(parts()[0], 0, problem));
        CHECK(recorder.write(Bytes(parts()[1]).part(0, 50), 1, problem));
        CHECK(recorder.write(parts()[1], 2, problem));
    }
    Replay replay;
    CHECK(replay.open(folder.file("a.twrec"), "", false, problem));
    SilentSink sink;
    Player player(sink);
    CHECK(!replay.advance(player, 10, problem));
    CHECK(problem.kind == Problem::Kind::protocol);
    CHECK(replay.over());
    CHECK(player.head() != nullptr);
    CHECK_EQ(player.stats().received, 0);
}

/// Reads TALKWIRE_RECORDING, written by another program, and writes it again beside itself.
TEST(a_recording_of_another_program_is_copied) {
    const char* path = std::getenv("TALKWIRE_RECORDING");
    if (path == nullptr) {
        return;
    }
    Problem problem;
    RecordingReader reader;
    Recorder recorder;
    CHECK(reader.open(path, false, problem));
    CHECK(recorder.open(std::string(path) + ".copy", problem));
    for (RecordingReader::Record one; reader.next(one, problem);) {
        CHECK(recorder.write(one.part, one.arrived_ns, problem));
    }
    CHECK(recorder.close(problem));
    CHECK(!problem);
}
