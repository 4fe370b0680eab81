#include <memory>

#include "Files.h"
#include "Talkwire/MessageCodec.h"
#include "Talkwire/MsgPack.h"
#include "allocations.h"
#include "check.h"

using namespace talkwire;

namespace {

struct Vector {
    std::string path;
    Buffer bytes;
    bool media() const { return bytes[0] == 't'; }
};

std::vector<Vector> vectors_of(const std::string& folder) {
    std::vector<std::string> paths;
    std::vector<Vector> out;
    std::string why;
    CHECK(list_folder(checks::vectors() + folder, ".bin", paths, why));
    for (const std::string& path : paths) {
        out.push_back({path, {}});
        CHECK(read_file(path, out.back().bytes, why));
    }
    CHECK(!out.empty());
    return out;
}

Control control;
Media media;

/// Whether these bytes, in memory of exactly their size, are read.
bool readable(const std::uint8_t* bytes, std::size_t size, bool as_media) {
    const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[size ? size : 1]);
    if (size > 0) {
        std::memcpy(exact.get(), bytes, size);
    }
    Problem problem;
    const bool good = as_media ? decode_media(Bytes(exact.get(), size), media, problem)
                               : decode_control(Bytes(exact.get(), size), Sender::either, control, problem);
    CHECK(good != static_cast<bool>(problem));
    CHECK(good || !problem.sentence().empty());
    return good;
}

template <class... Messages>
bool encode_any(const std::variant<std::monostate, Messages...>& any, Buffer& out) {
    Problem problem;
    const auto one = [&](const auto* message) {
        return message != nullptr && encode(*message, out, problem);
    };
    return (... || one(std::get_if<Messages>(&any)));
}

}  // namespace

TEST(every_vector_is_read_and_written_as_it_was) {
    for (const Vector& vector : vectors_of("")) {
        Buffer again;
        Problem problem;
        if (vector.media()) {
            CHECK(decode_media(vector.bytes, media, problem));
            CHECK(topic(media.session, media.plane, again));
            CHECK(encode_any(media.message, again));
        } else {
            CHECK(decode_control(vector.bytes, Sender::either, control, problem));
            CHECK(encode_any(control, again));
        }
        if (again != vector.bytes) {
            checks::fail(__FILE__, __LINE__, vector.path + " comes back otherwise");
        }
    }
}

TEST(every_truncation_is_refused) {
    for (const char* folder : {"", "/1.0"}) {
        for (const Vector& vector : vectors_of(folder)) {
            for (std::size_t size = 0; size < vector.bytes.size(); ++size) {
                CHECK(!readable(vector.bytes.data(), size, vector.media()));
            }
        }
    }
}

TEST(what_must_be_refused_is) {
    for (const Vector& vector : vectors_of("/refused")) {
        if (readable(vector.bytes.data(), vector.bytes.size(), vector.media())) {
            checks::fail(__FILE__, __LINE__, vector.path + " is not refused");
        }
    }
}

TEST(the_first_versions_bytes_are_read) {
    for (const Vector& vector : vectors_of("/1.0")) {
        CHECK(readable(vector.bytes.data(), vector.bytes.size(), vector.media()));
    }
}

TEST(trailing_bytes_are_refused) {
    for (const Vector& vector : vectors_of("")) {
        for (const Buffer& extra :
             {Buffer{0x00}, Buffer{0xc0}, Buffer{0x91, 0x01}, Buffer{'j', 'u', 'n', 'k'}}) {
            Buffer longer = vector.bytes;
            longer.insert(longer.end(), extra.begin(), extra.end());
            CHECK(!readable(longer.data(), longer.size(), vector.media()));
        }
    }
}

TEST(fields_of_a_later_minor_version_are_ignored) {
    const Buffer extra = {0xa3, 'n',  'e', 'w', 0x92, 0x01, 0x91, 0x02, 0xc4, 0x01, 0x09,
                          0xc0, 0xcb, 0,   0,   0,    0,    0,    0,    0,    0};
    for (const Vector& vector : vectors_of("")) {
        Buffer later = vector.bytes;
        std::size_t head = 0;
        while (vector.media() && later[head++] != 0) {
        }
        if ((later[head] & 0xf0) == 0x90 && (later[head] & 15) + 5 < 16) {
            later[head] = static_cast<std::uint8_t>(later[head] + 5);
        } else {
            std::uint8_t count = later[head];  // the array's length gets a form of its own
            count =
                static_cast<std::uint8_t>((count & 0xf0) == 0x90 ? (count & 15) + 5 : later[head + 2] + 5);
            const bool fixed = (later[head] & 0xf0) == 0x90;
            later.erase(later.begin() + static_cast<std::ptrdiff_t>(head),
                        later.begin() + static_cast<std::ptrdiff_t>(head + (fixed ? 1 : 3)));
            const Buffer length = {0xdc, 0x00, count};
            later.insert(later.begin() + static_cast<std::ptrdiff_t>(head), length.begin(), length.end());
        }
        later.insert(later.end(), extra.begin(), extra.end());
        CHECK(readable(later.data(), later.size(), vector.media()));
    }
}

TEST(reading_and_writing_again_allocates_nothing) {
    const std::vector<Vector> all = vectors_of("");
    Problem problem;
    Buffer out;
    out.reserve(65536);
    for (const Vector& vector : all) {
        const std::size_t before = checks::allocations;
        const bool good = vector.media() ? decode_media(vector.bytes, media, problem)
                                         : decode_control(vector.bytes, Sender::either, control, problem);
        out.clear();
        const bool written = vector.media() ? encode_any(media.message, out) : encode_any(control, out);
        CHECK_EQ(checks::allocations, before);
        CHECK(good && written);
    }
}

TEST(a_client_reads_what_servers_send) {
    Buffer bytes;
    Problem problem;
    Ping ping;
    CHECK(encode(ping, bytes, problem));
    CHECK(decode_control(bytes, Sender::client, control, problem));
    CHECK(!decode_control(bytes, Sender::server, control, problem));
    CHECK(problem.kind == Problem::Kind::protocol);
    CHECK(std::holds_alternative<std::monostate>(control));
}

TEST(another_major_version_is_told_from_nonsense) {
    Problem problem;
    Buffer bytes;
    Hello hello;
    hello.agent = "a test";
    hello.major = 2;
    CHECK(encode(hello, bytes, problem));
    CHECK(!decode_control(bytes, Sender::either, control, problem));
    CHECK(problem.kind == Problem::Kind::version);
    CHECK(problem.seen == "2." + std::to_string(PROTOCOL_MINOR));

    Problem topic_problem;
    const std::string part("tw7/nova/audio\0\x90", 16);
    CHECK(!decode_media(Bytes(reinterpret_cast<const std::uint8_t*>(part.data()), part.size()), media,
                        topic_problem));
    CHECK(topic_problem.kind == Problem::Kind::version);
}

TEST(what_may_not_be_sent_is_not_written) {
    Buffer out = {1, 2, 3};
    Problem problem;
    Begin begin;
    begin.session = "../x";
    begin.sample_rate_hz = 16000;
    CHECK(!encode(begin, out, problem));
    CHECK(problem.sentence().find("Begin.session") != std::string::npos);
    CHECK((out == Buffer{1, 2, 3}));
    begin.session = "nova";
    begin.sample_rate_hz = 1;
    CHECK(!encode(begin, out, problem));
    CHECK_EQ(problem.sentence(),
             "Begin.sample_rate_hz is wrong: saw 1, wanted an integer from 4000 to 384000; see "
             "bridge/PROTOCOL.md");

    const float nan[1] = {std::nanf("")};
    ChunkF32 chunk;
    chunk.session = "nova";
    chunk.samples = Bytes(reinterpret_cast<const std::uint8_t*>(nan), sizeof nan);
    CHECK(!encode(chunk, out, problem));
    CHECK_EQ(problem.seen, "nan at 0");
    chunk.samples = Bytes();
    CHECK(!encode(chunk, out, problem));

    Style style;
    style.session = "nova";
    style.emotions.add({"joy", 2.0});
    CHECK(!encode(style, out, problem));
    CHECK(problem.what == "Style.emotions[0].share is wrong");

    Open open;
    open.session = "nova";
    open.avatar = "\xff";
    CHECK(!encode(open, out, problem));

    Frame frame;  // nothing in it
    CHECK(!encode(frame, out, problem));
    CHECK((out == Buffer{1, 2, 3}));
}

TEST(a_message_of_a_known_type) {
    Buffer bytes;
    Problem problem;
    Begin begin, again;
    begin.ref = 3;
    begin.session = "nova";
    begin.line = 7;
    begin.sample_rate_hz = 44100;
    CHECK(encode(begin, bytes, problem));
    CHECK_EQ(ref_of(bytes), 3u);
    CHECK(decode(bytes, again, problem));
    CHECK(again.session == "nova" && again.line == 7 && again.sample_rate_hz == 44100);
    End end;
    CHECK(!decode(bytes, end, problem));
    CHECK_EQ(ref_of(Bytes()), 0u);
}

TEST(names_and_topics) {
    for (const char* name : {"nova", "n", "npc_2.left-door", "0123456789abcdef0123456789abcdef"}) {
        CHECK(is_session_name(name));
    }
    for (const char* name :
         {"", "../x", ".a", "a b", "a/b", "0123456789abcdef0123456789abcdef0", "n\xc3\xa9"}) {
        CHECK(!is_session_name(name));
    }
    for (std::size_t i = 0; i < PLANE_COUNT; ++i) {
        const Plane plane = static_cast<Plane>(i);
        Plane again = Plane::mesh;
        Buffer bytes;
        Split split;
        Problem problem;
        CHECK(plane_of(plane_name(plane), again) && again == plane);
        CHECK(topic("nova", plane, bytes));
        bytes.push_back(0x90);
        CHECK(split_topic(bytes, split, problem));
        CHECK(split.session == "nova" && split.plane == plane && split.body.size == 1);
    }
    Buffer none = {1};
    CHECK(!topic("../x", Plane::audio, none) && none.empty());
}
