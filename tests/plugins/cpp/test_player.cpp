// The player beyond the traces: what no server should send, much of it, and clocks that jump.
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "Files.h"
#include "Talkwire/Drift.h"
#include "Talkwire/JitterBuffer.h"
#include "Talkwire/Player.h"
#include "Talkwire/Time.h"
#include "check.h"
#include "messages.h"

using namespace talkwire;
using messages::RATE;
using messages::Server;

namespace {

constexpr std::int64_t MS = 1'000'000;

struct Chance {
    std::uint64_t state = 1;
    std::uint32_t below(std::uint32_t end) {
        state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        return static_cast<std::uint32_t>(state >> 33) % end;
    }
};

std::vector<Happening> told(Player& player, std::int64_t now_ns) {
    std::vector<Happening> all;
    for (Happening next; player.happened(now_ns, next);) {
        all.push_back(next);
    }
    return all;
}

}  // namespace

TEST(nothing_is_shown_before_the_head_is_known) {
    SilentSink sink;
    Player player(sink);
    Server server;
    CHECK(player.present(0) == nullptr);
    player.receive(server.frame(1, 0, 0, KEY | IDLE), MS);
    CHECK(player.present(2 * MS) == nullptr);
    CHECK(player.silent());
    player.receive(server.mesh(), 3 * MS);
    const Picture* shown = player.present(4 * MS);
    CHECK(shown != nullptr && !shown->shape.empty() && shown->idle);
    CHECK_EQ(player.head()->mesh.parts[0].name, "skin");
    CHECK_EQ(player.head()->mesh.triangle_count(), 1U);
}

TEST(what_is_received_may_go_at_once) {
    SilentSink sink;
    Player player(sink);
    {
        Server server(500);
        player.receive(server.mesh(), 0);
        player.receive(server.frame(1, 0, 0, KEY | IDLE, 0.5, 65'535), 0);
        player.receive(server.patch(1, 0), 0);
    }
    const Picture* shown = player.present(MS);
    CHECK(shown != nullptr);
    std::vector<float> vertices(3 * shown->shape.vertex_count());
    shown->shape.vertices(vertices.data());
    CHECK_NEAR(vertices[1'499], 0.2, 1e-6);
    CHECK_EQ(shown->face.weights[0], 0.5F);
    CHECK(shown->patch);
    CHECK_EQ(shown->patch->patches[0].image.size, 16U);
    CHECK_EQ(shown->patch->patches[0].image.data[15], 7);
}

TEST(a_delta8_that_comes_before_its_mesh_is_unpacked_when_that_comes) {
    const auto vector = [](const char* name) {
        Buffer bytes;
        std::string why;
        CHECK(read_file(checks::vectors() + "/" + name + ".bin", bytes, why));
        return bytes;
    };
    const Buffer parts[] = {vector("media_mesh"), vector("media_frame_delta8")};
    std::vector<float> seen[2];
    for (const std::size_t first : {0U, 1U}) {
        SilentSink sink;
        Player player(sink);
        for (const std::size_t i : {first, 1 - first}) {
            Media media;
            Problem problem;
            CHECK(decode_media(parts[i], media, problem));
            auto* frame = std::get_if<Frame>(&media.message);
            if (frame != nullptr) {
                frame->flags = KEY | IDLE;
            }
            player.receive(media, 0);
            if (frame != nullptr) {  // and another one, so that the face does not rest for lack of it
                frame->pts += 4'000;
                player.receive(media, 0);
            }
        }
        const Picture* shown = player.present(MS);
        CHECK(shown != nullptr && !shown->shape.empty());
        seen[first].resize(3 * shown->shape.vertex_count());
        shown->shape.vertices(seen[first].data());
    }
    CHECK_EQ(seen[0].size(), 12U);
    CHECK(seen[0] == seen[1]);
    CHECK_NEAR(seen[0][3], 0.0823, 1e-4);  // 12.3 mm from where it is at rest
}

TEST(a_mesh_that_is_sent_again_changes_nothing) {
    SilentSink sink;
    Player player(sink);
    Server server;
    player.receive(server.mesh(), 0);
    const auto head = player.head();
    player.receive(server.mesh(), 0);
    CHECK(player.head() == head);
    Server other(5);
    player.receive(other.mesh(), 0);
    CHECK(player.head() != head);
}

TEST(a_picture_that_is_kept_stays_what_it_was) {
    SilentSink sink;
    auto player = std::make_unique<Player>(sink);
    Server server;
    player->receive(server.mesh(), 0);
    player->receive(server.frame(1, 0, 0, KEY | IDLE, 0.0, 0), 0);
    const Picture kept = *player->present(0);
    for (std::uint32_t i = 1; i < 100; ++i) {
        const std::int64_t now_ns = i * 16 * MS;
        player->receive(server.frame(1, i, i * RATE / 60, KEY | IDLE, 1.0, 65'535), now_ns);
        player->present(now_ns);
    }
    player.reset();
    std::vector<float> vertices(3 * kept.shape.vertex_count());
    kept.shape.vertices(vertices.data());
    CHECK_NEAR(vertices[0], -0.2, 1e-7);
    CHECK_EQ(kept.face.weights[0], 0.0F);
}

TEST(what_a_server_floods_is_bounded) {
    SilentSink sink;
    Player::Settings settings;
    settings.most_bytes = 4 << 20;
    Player player(sink, settings);
    Server server(10'000);
    player.receive(server.mesh(), 0);
    const Media frame = server.frame(1, 0, 0, KEY), sound = server.audio(1, 0, 16'000), patch = server.patch(1, 0);
    for (std::uint32_t utterance = 1; utterance < 200; ++utterance) {
        for (std::uint32_t i = 0; i < 30; ++i) {
            Media one = frame;
            std::get<Frame>(one.message).utterance = utterance;
            std::get<Frame>(one.message).pts = i * 266;
            player.receive(one, 0);
            Media two = sound;
            std::get<Audio>(two.message).utterance = utterance;
            std::get<Audio>(two.message).pts = i * 16'000;
            player.receive(two, 0);
            Media three = patch;
            std::get<Patch>(three.message).utterance = utterance;
            std::get<Patch>(three.message).pts = i * 266;
            player.receive(three, 0);
        }
    }
    CHECK(player.bytes() < std::size_t{24} << 20);  // of each track one frame and one patch, whatever they weigh
}

TEST(who_hears_and_never_looks_holds_a_moment_of_frames) {
    for (const std::uint8_t flags : {KEY, static_cast<Flag>(KEY | IDLE)}) {
        SilentSink sink;
        Player player(sink);
        Server server(10'000);
        player.receive(server.mesh(), 0);
        Media frame = server.frame(1, 0, 0, flags), sound = server.audio(1, 0, 320);
        for (std::uint32_t i = 0; i < 1'000; ++i) {  // 60 MB
            std::get<Frame>(frame.message).pts = std::get<Audio>(sound.message).pts = i * 320;
            if ((flags & IDLE) == 0) {
                player.receive(sound, i * 20 * MS);
            }
            std::get<Frame>(frame.message).server_ns = static_cast<std::uint64_t>(i * 20 * MS);
            player.receive(frame, i * 20 * MS);
        }
        CHECK(player.bytes() < 3'000'000);
        CHECK_NEAR(player.present(20'000 * MS)->time_s, (flags & IDLE) == 0 ? 19.94 : 19.73, 0.001);
    }
}

TEST(lines_beyond_what_an_npc_may_have_waiting_are_told_as_interrupted) {
    SilentSink sink;
    Player player(sink);
    Server server;
    for (std::uint32_t utterance = 1; utterance <= 70; ++utterance) {
        player.receive(server.event(EventKind::started, utterance), 0);
    }
    const std::vector<Happening> all = told(player, 0);
    CHECK_EQ(all.size(), 12U);
    CHECK(all[0].kind == Happening::Kind::started && all[1].kind == Happening::Kind::interrupted);
    CHECK_EQ(all[11].utterance, 6U);
    CHECK_EQ(all[11].heard_s, 0.0);
}

TEST(who_never_asks_what_happened_is_told_the_latest) {
    SilentSink sink;
    Player player(sink);
    Server server;
    for (std::uint32_t i = 1; i <= 2'000; ++i) {
        server.generation = i;
        player.receive(server.event(EventKind::started, 1), 0);
    }
    const std::vector<Happening> all = told(player, 0);
    CHECK_EQ(all.size(), Happenings::MOST_UNTOLD);
    CHECK_EQ(all.back().generation, 1'999U);
}

TEST(whatever_comes_and_whatever_the_clock_does_it_goes_on) {
    std::int64_t received = 0, pictures = 0;
    std::size_t told_of = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Chance chance{seed};
        SilentSink sink;
        Player player(sink);
        Server server(8);
        player.receive(server.mesh(), 0);
        player.receive(server.basis(), 0);
        std::int64_t now_ns = 0;
        std::vector<float> vertices(24);
        std::map<std::pair<std::uint32_t, std::uint32_t>, int> lines;
        for (int turn = 0; turn < 3'000; ++turn) {
            now_ns += chance.below(20) * MS;
            if (chance.below(100) == 0) {
                now_ns -= chance.below(500) * MS;
            }
            if (chance.below(300) == 0) {  // a clock that is set
                now_ns += (std::int64_t{chance.below(2'000'000)} - 1'000) * NS_PER_S;
            }
            const std::uint32_t lines_so_far = static_cast<std::uint32_t>(turn) / 400;
            const std::uint32_t utterance = chance.below(8) == 0 ? chance.below(100) : 1 + lines_so_far;
            const std::uint32_t seq = chance.below(200);
            const auto flags = static_cast<std::uint8_t>(chance.below(16));
            std::uint64_t pts = chance.below(60) * 266;
            if (chance.below(200) == 0) {
                pts = (std::uint64_t{1} << 53) - 1 - chance.below(3);
            }
            server.generation = chance.below(300) == 0 ? server.generation + 1 : server.generation;
            Media media = chance.below(5) < 2   ? server.frame(utterance, seq, pts, flags, 1.0)
                          : chance.below(3) == 0 ? server.coefficients(utterance, seq, pts, flags, 0.5)
                          : chance.below(2) == 0 ? server.audio(utterance, pts, chance.below(600), flags)
                          : chance.below(4) == 0 ? server.patch(utterance, pts)
                          : chance.below(9) == 0 ? server.event(EventKind::closed, utterance)
                          : chance.below(3) == 0 ? server.event(EventKind::ended, utterance)
                                                 : server.event(EventKind::started, utterance);
            if (auto* frame = std::get_if<Frame>(&media.message)) {
                frame->server_ns = chance.below(50) == 0 ? std::uint64_t{1} << 62 : 5;
                frame->sample_rate_hz = chance.below(20) == 0 ? MIN_SAMPLE_RATE_HZ : RATE;
            }
            player.receive(media, now_ns, chance.below(100) == 0 ? std::numeric_limits<std::int64_t>::max() : 0);
            const Picture* shown = player.present(now_ns);
            player.displayed(now_ns);
            if (shown != nullptr) {
                float length = 0;
                for (const float value : shown->face.head_rotation) {
                    length += value * value;
                }
                CHECK_NEAR(length, 1, 1e-4);
                CHECK(shown->face.weights[0] >= 0.0F && shown->face.weights[0] <= 1.0F);
                CHECK(std::isfinite(shown->time_s));
                if (!shown->shape.empty()) {
                    shown->shape.vertices(vertices.data());
                    CHECK(std::isfinite(vertices[0]) && std::fabs(vertices[23]) < 0.5F);
                }
            }
            for (const Happening& one : told(player, now_ns)) {  // of each line once started, then once over
                int& state = lines[{one.generation, one.utterance}];
                CHECK_EQ(state, one.kind == Happening::Kind::started ? 0 : 1);
                state += 1;
            }
        }
        received += player.stats().received;
        pictures += player.stats().pictures;
        told_of += lines.size();
    }
    CHECK(received > 1'000 && pictures > 1'000 && told_of > 200);
}

TEST(settings_beyond_their_limits_are_brought_within_them) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_EQ(JitterBuffer(0, 0).target_ms(), 0);
    CHECK_EQ(JitterBuffer(-5, 1e9).target_ms(), JitterBuffer::FIRST_MS);
    CHECK_EQ(JitterBuffer(300, 100).target_ms(), 300);
    CHECK_EQ(JitterBuffer(5'000, 9'000).target_ms(), JitterBuffer::LIMIT_MS);
    CHECK_EQ(JitterBuffer(nan, nan).target_ms(), 0);
    SilentSink sink;
    Player::Settings settings;
    settings.av_offset_ms = nan;
    settings.most_bytes = -1;
    Player player(sink, settings);
    Server server;
    player.receive(server.mesh(), 0);
    messages::give_line(player, server, 1, 1.0, 0);
    player.present(50 * MS);
    player.set_av_offset(-1e12);
    player.present(60 * MS);
}

TEST(the_buffer_rises_at_once_and_falls_slowly) {
    JitterBuffer buffer;
    std::int64_t now_ns = 0;
    for (int i = 0; i < 29; ++i) {
        buffer.arrived(i % 10 * MS, now_ns += 16 * MS);
        CHECK_EQ(buffer.target_ms(), JitterBuffer::FIRST_MS);
    }
    buffer.arrived(9 * MS, now_ns += 16 * MS);
    CHECK_EQ(buffer.target_ms(), JitterBuffer::LEAST_MS);
    buffer.underrun();
    CHECK_EQ(buffer.target_ms(), 40);
    buffer.arrived(0, now_ns += 100 * MS);
    CHECK_NEAR(buffer.target_ms(), 39, 1e-9);
    for (int i = 0; i < 30; ++i) {
        buffer.arrived(80 * MS, now_ns += MS);
    }
    CHECK_NEAR(buffer.target_ms(), 85, 1e-9);
}

TEST(drift_is_followed_by_a_thousandth_at_most) {
    Drift drift;
    CHECK_EQ(drift.speed(0.08, 0.06, 0.0, 0), 1.0);
    std::int64_t now_ns = 0;
    double least = 1, most = 1;
    for (int i = 0; i < 2'000; ++i) {
        const double speed = drift.speed(i < 500 ? 5.0 : 0.0, 0.06, 0.0, now_ns += 16 * MS);
        least = std::fmin(least, speed);
        most = std::fmax(most, speed);
    }
    CHECK_NEAR(most, 1.001, 1e-12);
    CHECK_NEAR(least, 0.999, 1e-12);
}
