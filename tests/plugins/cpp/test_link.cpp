// The client on real sockets, against a server in this process: it ends at once whatever the network does, loses frames
// and never words, takes no memory per frame, and goes on after whatever a server does.
#include <chrono>
#include <cstdlib>
#include <new>
#include <thread>

#include "Talkwire/Client.h"
#include "Talkwire/Player.h"
#include "check.h"
#include "messages.h"
#include "server.h"

using namespace talkwire;
using checks::Manners;
using checks::Server;

static std::atomic<std::size_t> allocations{0};

// Not inlined, or GCC 12 sees malloc meet delete.
__attribute__((noinline)) void* operator new(std::size_t size) {
    allocations += checks::is_counted;
    return std::malloc(size ? size : 1);
}
__attribute__((noinline)) void operator delete(void* at) noexcept { std::free(at); }
__attribute__((noinline)) void operator delete(void* at, std::size_t) noexcept { std::free(at); }

namespace {

constexpr double PATIENCE_S = 20;
constexpr double JOIN_S = 2;  // what a busy machine is given; the figure is printed
constexpr const char* ID = "0123456789abcdef";

double since_s(std::int64_t then_ns) {
    return seconds_in(clock_ns() - then_ns);
}

void pause_ms(int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

template <class Condition>
bool wait_for(Condition condition) {
    const std::int64_t began_ns = clock_ns();
    while (!condition()) {
        if (since_s(began_ns) > PATIENCE_S) {
            return false;
        }
        pause_ms(2);
    }
    return true;
}

/// How long stopping takes.
double stop_s(Client& client) {
    const std::int64_t began_ns = clock_ns();
    client.stop();
    return since_s(began_ns);
}

Npc open(Client& client, const char* name = "nova") {
    Problem problem;
    Npc npc = client.open(name, "", Reading(), problem);
    CHECK(npc);
    return npc;
}

struct Numbers {
    Buffer bytes;
    explicit Numbers(std::size_t size, std::uint8_t value = 0) : bytes(size, value) {}
};

/// Frames as a server sends them.
struct Stream {
    Numbers weights{4 * ARKIT_SHAPES}, rotation{16}, translation{12}, vertices{6 * 1'000}, samples{2 * 267};
    std::uint32_t seq = 0;

    Stream() {
        const float one = 1;
        std::memcpy(rotation.bytes.data() + 12, &one, 4);
    }
    Frame frame() {
        Frame made;
        std::string(ID).copy(made.topology_id.digits, 16);
        made.utterance = 1;
        made.generation = 1;
        made.seq = seq;
        made.pts = 267u * seq++;
        made.sample_rate_hz = 16'000;
        made.flags = KEY | IDLE;
        made.server_ns = static_cast<std::uint64_t>(clock_ns());
        made.weights = weights.bytes;
        made.head_rotation = rotation.bytes;
        made.head_translation_m = translation.bytes;
        made.codec = Codec::q16;
        made.vertex_count = 1'000;
        made.vertices = vertices.bytes;
        return made;
    }
    Audio audio() {
        Audio made;
        made.utterance = 1;
        made.generation = 1;
        made.pts = 267u * seq++;
        made.sample_rate_hz = 16'000;
        made.server_ns = static_cast<std::uint64_t>(clock_ns());
        made.samples = samples.bytes;
        return made;
    }
};

std::size_t count(Npc& npc, std::size_t* frames = nullptr, std::uint32_t* last_seq = nullptr) {
    std::size_t found = 0;
    for (const Arrival& one : npc.take()) {
        ++found;
        if (const auto* frame = std::get_if<Frame>(&one.media.message)) {
            if (frames != nullptr) {
                ++*frames;
            }
            if (last_seq != nullptr) {
                *last_seq = frame->seq;
            }
        }
    }
    return found;
}

}  // namespace

TEST(it_opens_reads_and_leaves) {
    Server server;
    Client client(server.endpoint());
    Npc npc = open(client);
    CHECK(wait_for([&] { return server.is_read("nova", Plane::frame_q16) && server.is_read("nova", Plane::audio); }));
    CHECK(npc.is_open());
    CHECK(client.status().state == Session::State::ready);
    CHECK(wait_for([&] { return client.status().load_share == 0.5; }));
    CHECK(std::llabs(client.status().offset_ns) < NS_PER_S);
    Stream sender;
    server.publish("nova", Plane::frame_q16, sender.frame());
    server.publish("other", Plane::frame_q16, sender.frame());
    CHECK(wait_for([&] { return count(npc) == 1; }));
    CHECK(stop_s(client) < JOIN_S);
    CHECK(wait_for([&] { return server.closes == 1; }));
    CHECK(!npc.is_open());
    Problem problem;
    CHECK_EQ(npc.begin(16'000, SampleFormat::s16, problem), 0u);
    CHECK(problem.sentence().find("nobody does what is wished") == 0);
}

TEST(what_never_changes_is_unpacked_before_the_game_takes_it) {
    Server server;
    Client client(server.endpoint());
    Problem problem;
    Reading reading;
    reading.suggested = false;
    reading.frames = Plane::frame_basis;
    Npc npc = client.open("nova", "", reading, problem);
    CHECK(wait_for([&] { return server.is_read("nova", Plane::mesh) && server.is_read("nova", Plane::basis) &&
                                server.is_read("nova", Plane::texture); }));
    messages::Server made;
    const Media mesh = made.mesh(), basis = made.basis();
    Texture texture;
    texture.topology_id = std::get<Mesh>(mesh.message).topology_id;
    texture.image = std::get<Mesh>(mesh.message).neutral_vx3;
    server.publish("nova", Plane::mesh, std::get<Mesh>(mesh.message));
    server.publish("nova", Plane::basis, std::get<Basis>(basis.message));
    server.publish("nova", Plane::texture, texture);
    SilentSink sink;
    Player player(sink);
    std::size_t taken = 0, based = 0;
    CHECK(wait_for([&] {
        for (const Arrival& one : npc.take()) {
            player.receive(one.media, clock_ns());
            const auto* head = std::get_if<std::shared_ptr<const Head>>(&one.media.prepared);
            const auto* image = std::get_if<std::shared_ptr<const Image>>(&one.media.prepared);
            taken += (head != nullptr && *head == player.head()) || (image != nullptr && *image == player.texture());
            based += std::holds_alternative<std::shared_ptr<const BasisSum>>(one.media.prepared);
        }
        return taken == 2 && based == 1;
    }));
}

TEST(stopping_takes_no_time_whatever_the_network_does) {
    double worst_s = 0;
    const auto stopped = [&](const std::string& endpoint, int run_ms) {
        Client client(endpoint);
        open(client);
        pause_ms(run_ms);
        worst_s = std::max(worst_s, stop_s(client));
    };
    Server good, mute(Manners::mute), silent(Manners::no_welcome);
    for (const int run_ms : {0, 1, 30}) {
        stopped(good.endpoint(), run_ms);
        stopped(mute.endpoint(), run_ms);
        stopped(silent.endpoint(), run_ms);
        stopped("tcp://127.0.0.1:1", run_ms);                    // refused
        stopped("tcp://192.0.2.1:5556", run_ms);                 // of nobody (RFC 5737)
        stopped("tcp://no-such-machine.invalid:5556", run_ms);   // a name that takes its time
    }
    Client client(good.endpoint());
    Npc npc = open(client);
    CHECK(wait_for([&] { return npc.is_open(); }));
    good.stalled = true;
    Problem problem;
    const std::vector<float> second(16'000);
    for (int i = 0; i < 100; ++i) {
        npc.say(second.data(), second.size(), 16'000, problem);
    }
    pause_ms(50);
    worst_s = std::max(worst_s, stop_s(client));
    good.stalled = false;
    std::printf("worst join: %.1f ms\n", 1e3 * worst_s);
    CHECK(worst_s < JOIN_S);
}

TEST(fifty_times_from_start_to_stop) {
    Server server;
    double worst_s = 0;
    for (int i = 0; i < 50; ++i) {
        Client client(server.endpoint());
        Npc npc = open(client);
        if (i % 2 == 0) {
            CHECK(wait_for([&] { return npc.is_open(); }));
        }
        worst_s = std::max(worst_s, stop_s(client));
    }
    std::printf("worst join of 50: %.1f ms\n", 1e3 * worst_s);
    CHECK(worst_s < JOIN_S);
}

TEST(a_game_that_does_not_read_loses_frames_and_no_sound) {
    Server server;
    Client client(server.endpoint());
    Npc npc = open(client);
    CHECK(wait_for([&] { return server.is_read("nova", Plane::frame_q16) && server.is_read("nova", Plane::audio); }));
    Stream frames, sounds;
    const std::uint64_t before = client.status().messages;
    for (int i = 0; i < 1'000; ++i) {
        server.publish("nova", Plane::frame_q16, frames.frame());
        server.publish("nova", Plane::audio, sounds.audio());
    }
    CHECK(wait_for([&] { return client.status().messages >= before + 2'000; }));
    CHECK(wait_for([&] { return npc.dropped().motion == 1'000 - Inbox::MAX_MOTION; }));
    std::size_t seen = 0;
    std::uint32_t last = 0;
    CHECK_EQ(count(npc, &seen, &last), 1'000 + Inbox::MAX_MOTION);
    CHECK_EQ(seen, Inbox::MAX_MOTION);
    CHECK_EQ(last, 999u);  // the newest
    CHECK_EQ(npc.dropped().media, 0u);
}

TEST(a_line_is_said_and_cut) {
    Server server;
    Client client(server.endpoint());
    Npc npc = open(client);
    Problem problem;
    const std::vector<std::int16_t> tone(8'000, 5);
    const std::uint32_t first = npc.say(tone.data(), tone.size(), 16'000, problem);
    CHECK(first != 0);
    Notice notice;
    bool done = false;
    CHECK(wait_for([&] {
        while (client.notice(notice)) {
            done = done || (notice.kind == Notice::Kind::line && notice.say == first && notice.state == SpeechState::done);
        }
        return done;
    }));
    CHECK_EQ(server.samples, 8'000);
    const std::uint32_t second = npc.begin(48'000, SampleFormat::f32, problem);
    const std::vector<float> quiet(480);
    CHECK(npc.push(second, quiet.data(), quiet.size(), problem));
    npc.interrupt();
    CHECK(npc.push(second, quiet.data(), quiet.size(), problem));  // it is over, which harms nobody
    bool cut = false, told = false;
    CHECK(wait_for([&] {
        while (client.notice(notice)) {
            cut = cut || (notice.kind == Notice::Kind::interrupted && notice.generation == 7);
            told = told || (notice.kind == Notice::Kind::line && notice.state == SpeechState::interrupted);
        }
        return cut && told;
    }));
    CHECK_EQ(server.interrupts, 1);
}

TEST(much_at_once_is_sent_as_the_server_bears_it) {
    Server server;
    Client client("tcp://localhost:" + std::to_string(server.ports()[0]));
    Problem problem;
    const std::vector<std::int16_t> twenty_seconds(20 * 4'000);
    for (int i = 0; i < 20; ++i) {
        Npc npc = open(client, ("nova" + std::to_string(i)).c_str());
        CHECK(npc.say(twenty_seconds.data(), twenty_seconds.size(), 4'000, problem) != 0);
    }
    const std::int64_t began_ns = clock_ns();
    CHECK(wait_for([&] { return server.chunks >= 2'500; }));
    CHECK(wait_for([&] { return server.chunks == 4'000; }));
    CHECK(since_s(began_ns) > 0.5);  // 3,000 messages at once, and 800 a second
    CHECK_EQ(server.samples, 20 * 20 * 4'000);
}

TEST(what_is_no_sound_or_name_is_refused) {
    Server server;
    Client client(server.endpoint());
    Npc npc = open(client);
    Problem problem;
    const float bad[] = {0.5f, std::nanf(""), 1e9f};
    CHECK_EQ(npc.say(bad, 3, 16'000, problem), 0u);
    CHECK(problem.sentence().find("2 samples that are NaN") != std::string::npos);
    CHECK_EQ(npc.say(bad, 1, 3'999, problem), 0u);
    CHECK_EQ(npc.begin(384'001, SampleFormat::f32, problem), 0u);
    CHECK(!client.open("no name", "", Reading(), problem));
    CHECK(!client.open("", "", Reading(), problem));
    Style style;
    style.strength = 9;
    CHECK(!npc.style(style, problem));
    Npc empty;
    CHECK(!empty.is_open());
    empty.interrupt();
    empty.end(1);
    CHECK_EQ(empty.begin(16'000, SampleFormat::f32, problem), 0u);
    npc.leave();
    CHECK(!npc);
    CHECK_EQ(npc.begin(16'000, SampleFormat::f32, problem), 0u);
    CHECK(open(client));
    for (const char* endpoint : {"", "127.0.0.1:5556", "tcp://", "tcp://host", "tcp://host:0", "tcp://host:70000",
                                 "tcp://a:b:1", "tcp://[::1]:", "udp://h:1", "tcp://h:12x", "tcp://:5556"}) {
        Client none(endpoint);
        CHECK(none.problem().what.find("not an address") != std::string::npos);
        CHECK(!none.open("nova", "", Reading(), problem));
    }
}

TEST(a_server_that_comes_again_is_met_again) {
    auto server = std::make_unique<Server>();
    const auto ports = server->ports();
    Client client(server->endpoint());
    Npc npc = open(client);
    CHECK(wait_for([&] { return server->is_read("nova", Plane::frame_q16); }));
    for (const char* run : {"bb", "cc"}) {
        server.reset();
        CHECK(wait_for([&] { return !npc.is_open(); }));
        server = std::make_unique<Server>(Manners::good, run, ports);
        const std::int64_t began_ns = clock_ns();
        CHECK(wait_for([&] { return npc.is_open() && server->is_read("nova", Plane::frame_q16); }));
        std::printf("read again after %.0f ms\n", 1e3 * since_s(began_ns));
    }
    server->drop_all();
    CHECK(wait_for([&] { return server->hellos == 2; }));
    CHECK(wait_for([&] { return npc.is_open() && server->is_read("nova", Plane::frame_q16); }));
    Notice notice;
    int welcomes = 0, restarts = 0, losses = 0;
    while (client.notice(notice)) {
        welcomes += notice.kind == Notice::Kind::welcome;
        restarts += notice.kind == Notice::Kind::welcome && notice.restarted;
        losses += notice.kind == Notice::Kind::lost;
    }
    CHECK_EQ(welcomes, 4);
    CHECK_EQ(restarts, 2);
    CHECK_EQ(losses, 3);
}

TEST(a_hostile_server_is_borne) {
    Server server;
    Client client(server.endpoint());
    Npc npc = open(client);
    CHECK(wait_for([&] { return server.is_read("nova", Plane::frame_q16); }));
    const std::string topic("tw1/nova/frame/q16\0", 19);
    for (int i = 0; i < 2'000; ++i) {  // what is framed and makes no sense
        server.blurt(2, Server::frame(0, topic + std::string(static_cast<std::size_t>(i % 50), 'x')));
        server.blurt(0, Server::frame(0, "\x93\x02\x01"));
        server.blurt(1, Server::frame(4, std::string("\4PING\0\0", 7)));
    }
    CHECK(wait_for([&] { return client.status().misread == 4'000; }));
    CHECK(client.status().state == Session::State::ready);
    const std::uint64_t before = client.status().connections;
    server.blurt(2, std::string("\2\xff\xff\xff\xff\xff\xff\xff\xff", 9));  // lies about lengths
    CHECK(wait_for([&] { return client.status().connections > before && server.is_read("nova", Plane::frame_q16); }));
    CHECK_EQ(server.hellos, 1);  // the others were not harmed
    server.blurt(0, "\x42\x42");
    CHECK(wait_for([&] { return server.hellos == 2 && npc.is_open(); }));
    server.blurt(2, std::string("\2\0\0\0\0\0\1\0\0", 9) + "stalls in the middle");
    pause_ms(20);
    CHECK(stop_s(client) < JOIN_S);
}

TEST(what_comes_by_itself_changes_nothing_or_is_told) {
    Server server;
    Client client(server.endpoint());
    Npc npc = open(client);
    CHECK(wait_for([&] { return npc.is_open(); }));
    server.tell(Welcome{77, 1, 2, "again", {}, 1, 1, "ee", {}});
    server.tell(Progress{"nova", 99, LineState::done, 1, 5, 5});
    server.tell(Interrupted{1'000, "nova", 5});
    server.tell(Pong{5, 1ull << 62, 1ull << 62, 0.1, 0});
    server.tell(Error{0, "engine", "the NPC failed", "a fault", "frames", "see the server's output"});
    server.tell(Closed{0, "nova"});
    Notice notice;
    bool error = false, closed = false;
    CHECK(wait_for([&] {
        while (client.notice(notice)) {
            error = error || (notice.kind == Notice::Kind::error && notice.problem.what == "the NPC failed");
            closed = closed || notice.kind == Notice::Kind::closed;
        }
        return error && closed && !npc.is_open();
    }));
    CHECK(client.open("nova", "", Reading(), notice.problem));  // again
    CHECK(wait_for([&] { return npc.is_open(); }));
}

TEST(the_games_calls_never_wait) {
    Server server;
    Client client(server.endpoint());
    Npc npc = open(client);
    CHECK(wait_for([&] { return npc.is_open() && server.is_read("nova", Plane::frame_q16); }));
    Problem problem;
    const std::vector<std::int16_t> chunk(320, 5);
    const std::uint32_t line = npc.begin(16'000, SampleFormat::s16, problem);
    Stream sender;
    std::int64_t worst_ns = 0, sum_ns = 0;
    const int turns = 600;
    for (int i = 0; i < turns; ++i) {
        server.stalled = i % 200 > 100;
        server.publish("nova", Plane::frame_q16, sender.frame());
        const std::int64_t began_ns = clock_ns();
        npc.push(line, chunk.data(), chunk.size(), problem);
        Notice notice;
        while (client.notice(notice)) {
        }
        count(npc);
        Style style;
        style.look_at_deg.add({1.0 * (i % 30), 2.0});
        npc.style(style, problem);
        const std::int64_t took_ns = clock_ns() - began_ns;
        worst_ns = std::max(worst_ns, took_ns);
        sum_ns += took_ns;
        pause_ms(1);
    }
    server.stalled = false;
    std::printf("the game's calls of a tick: mean %.1f us, longest %.1f us\n", 1e-3 * static_cast<double>(sum_ns) / turns,
                1e-3 * static_cast<double>(worst_ns));
    CHECK(worst_ns < NS_PER_S / 4);
}

TEST(a_game_without_a_server_takes_no_memory_in_its_frames) {
    Client client("tcp://127.0.0.1:9");
    Npc npc = open(client);
    CHECK(wait_for([&] { return client.status().problem && client.state() == Session::State::waiting; }));
    std::size_t least = SIZE_MAX;  // the client's own thread tries again now and then
    for (int i = 0; i < 20 && least > 0; ++i) {
        pause_ms(10);
        const std::size_t before = allocations;
        Notice notice;
        for (int tick = 0; tick < 100; ++tick) {
            CHECK(!client.notice(notice) && client.state() != Session::State::ready && client.offset_ns() == 0);
            CHECK_EQ(count(npc), 0u);
        }
        least = std::min(least, allocations - before);
    }
    CHECK_EQ(least, 0u);
}

TEST(a_stream_that_has_run_takes_no_memory) {
    Server server;
    Client client(server.endpoint());
    Npc npc = open(client);
    CHECK(wait_for([&] { return server.is_read("nova", Plane::frame_q16) && server.is_read("nova", Plane::audio); }));
    Stream frames, sounds;
    Problem problem;
    const std::vector<std::int16_t> chunk(320, 5);
    const std::uint32_t line = npc.begin(16'000, SampleFormat::s16, problem);
    std::size_t before = 0, seen = 0;
    for (int i = 0; i < 800; ++i) {
        before = i == 400 ? allocations.load() : before;
        checks::is_counted = false;  // of the test and its server; what is left is the client's thread, and:
        server.publish("nova", Plane::frame_q16, frames.frame());
        server.publish("nova", Plane::audio, sounds.audio());
        pause_ms(2);
        checks::is_counted = true;
        Notice notice;
        CHECK(!client.notice(notice) || i < 400);
        if (i >= 200) {  // the game stood still for a moment, and had much to say then
            seen += count(npc);
            for (int pushes = i == 200 ? 300 : 1; pushes > 0; --pushes) {
                CHECK(npc.push(line, chunk.data(), chunk.size(), problem));
            }
        }
    }
    CHECK(seen > 1'000);
    CHECK(server.chunks > 500);
    CHECK_EQ(allocations - before, 0u);
}
