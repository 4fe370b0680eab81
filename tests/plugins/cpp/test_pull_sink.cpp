// Sound that an audio thread pulls: nothing lost, no click, the place that is heard, and no race (ThreadSanitizer).
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "Talkwire/Player.h"
#include "Talkwire/PullSink.h"
#include "check.h"
#include "messages.h"

using namespace talkwire;

namespace {

constexpr std::int64_t MS = 1'000'000;

std::vector<float> pull(PullSink& sink, std::size_t count, std::int64_t heard_ns) {
    std::vector<float> out(count);
    sink.pull(out.data(), count, heard_ns);
    return out;
}

double steepest(const std::vector<float>& sound) {
    double most = 0;
    for (std::size_t i = 1; i < sound.size(); ++i) {
        most = std::fmax(most, std::fabs(sound[i] - sound[i - 1]));
    }
    return most;
}

const std::vector<std::int16_t> LOUD(48'000, 16'384);  // half of full scale

}  // namespace

TEST(what_is_written_is_pulled_and_silence_after_it) {
    PullSink sink;
    sink.start(16'000, 0);
    CHECK_EQ(sink.rate_hz(), 16'000);
    sink.write(LOUD.data(), 1'000);
    std::vector<float> out(600);
    CHECK_EQ(sink.pull(out.data(), 600, 0), 600U);
    CHECK_EQ(out[599], 0.5F);
    CHECK(!sink.dry(0));
    CHECK_EQ(sink.pull(out.data(), 600, 0), 400U);
    CHECK_EQ(out[0], 0.5F);
    CHECK_EQ(out[399], 0.0F);  // it fades where it runs out
    CHECK_EQ(out[599], 0.0F);
    CHECK(steepest(out) < 0.01);
    CHECK(sink.dry(0));
}

TEST(what_comes_back_fades_in) {
    PullSink sink;
    sink.start(16'000, 0);
    sink.write(LOUD.data(), 100);
    pull(sink, 200, 0);
    sink.write(LOUD.data(), 1'000);
    CHECK(!sink.dry(0));
    const std::vector<float> back = pull(sink, 500, 0);
    CHECK_EQ(back[0], 0.0F);
    CHECK_EQ(back[160], 0.5F);
    CHECK(steepest(back) < 0.01);
}

TEST(a_cut_fades_for_10_ms_while_the_next_line_begins) {
    PullSink sink;
    sink.start(16'000, 0);
    sink.write(LOUD.data(), 10'000);
    pull(sink, 500, 0);
    sink.stop();
    CHECK_EQ(sink.heard(0), 0);
    const std::vector<float> tail = pull(sink, 400, 0);
    CHECK_EQ(tail[0], 0.5F);
    CHECK(tail[158] > 0.0F);
    CHECK_EQ(tail[159], 0.0F);
    CHECK_EQ(tail[399], 0.0F);
    CHECK(steepest(tail) < 0.01);
    CHECK(!sink.dry(0));  // nothing was begun

    sink.start(16'000, 0);
    sink.write(LOUD.data(), 1'000);
    pull(sink, 100, 0);
    sink.start(16'000, 0);
    sink.write(LOUD.data(), 1'000);
    CHECK_EQ(pull(sink, 10, 0)[0], 1.0F);  // the old one's tail and the new one
}

TEST(the_place_that_is_heard_follows_the_devices_time) {
    PullSink sink;
    sink.start(16'000, 0);
    CHECK_EQ(sink.heard(5 * MS), 0);
    sink.write(LOUD.data(), 3'200);
    pull(sink, 480, 100 * MS);  // these will be heard from 100 ms on
    CHECK_EQ(sink.heard(90 * MS), 0);
    CHECK_EQ(sink.heard(110 * MS), 160);
    CHECK_EQ(sink.heard(150 * MS), 480);  // not beyond what was handed over
    pull(sink, 480, 130 * MS);
    CHECK_EQ(sink.heard(125 * MS), 400);
    CHECK_EQ(sink.heard(140 * MS), 640);
    sink.set_speed(1.001, 140 * MS);
    pull(sink, 480, 160 * MS);
    CHECK_NEAR(sink.heard(190 * MS), 1'440, 1);
}

TEST(a_device_of_another_rate_hears_the_same) {
    PullSink sink(48'000);
    sink.start(16'000, 0);
    CHECK_EQ(sink.rate_hz(), 48'000);
    std::vector<std::int16_t> tone(16'000);
    const double step = 2 * std::acos(-1.0) * 440 / 16'000;
    for (std::size_t i = 0; i < tone.size(); ++i) {
        tone[i] = static_cast<std::int16_t>(16'384 * std::sin(step * static_cast<double>(i)));
    }
    sink.write(tone.data(), tone.size());
    const std::vector<float> out = pull(sink, 4'800, 0);
    for (std::size_t i = 30; i < out.size(); ++i) {
        CHECK_NEAR(out[i], 0.5 * std::sin(step * static_cast<double>(i) / 3), 1e-3);
    }
    CHECK_EQ(sink.heard(50 * MS), 800);
    CHECK_EQ(sink.heard(1'000 * MS), 1'600);
}

TEST(it_bears_what_comes_before_a_stream_and_blocks_of_nothing) {
    PullSink sink;
    CHECK_EQ(pull(sink, 100, 0)[99], 0.0F);
    CHECK_EQ(sink.heard(MS), 0);
    CHECK(!sink.dry(0));
    sink.stop();
    sink.start(384'000, 0);
    sink.write(LOUD.data(), 0);
    CHECK_EQ(pull(sink, 0, 0).size(), 0U);
    sink.write(LOUD.data(), LOUD.size());
    pull(sink, 100, 0);
    sink.stop();
    CHECK(steepest(pull(sink, 8'000, 0)) < 0.001);
    PullSink slow(4'000);
    slow.start(384'000, 0);
    slow.write(LOUD.data(), LOUD.size());
    CHECK_EQ(pull(slow, 100, 0)[99], 0.5F);
    CHECK_EQ(slow.heard(1'000 * MS), 9'600);
}

TEST(a_line_is_played_to_its_end) {
    PullSink sink(48'000);
    Player player(sink);
    messages::Server server;
    player.receive(server.mesh(), 0);
    messages::give_line(player, server, 1, 1.0, MS);
    std::size_t sound = 0;
    std::int64_t ended_ns = 0;
    std::vector<float> block(480);
    for (std::int64_t now_ns = 2 * MS; now_ns < 2'000 * MS; now_ns += 10 * MS) {
        sound += sink.pull(block.data(), block.size(), now_ns + 20 * MS);
        player.present(now_ns);
        for (Happening next; player.happened(now_ns, next);) {
            ended_ns = next.kind == Happening::Kind::ended ? now_ns : ended_ns;
        }
    }
    CHECK_NEAR(sound, 48'000, 3);
    CHECK_NEAR(static_cast<double>(ended_ns) / 1e6, 1'022, 11);
    CHECK_EQ(player.stats().underruns, 0);
    CHECK(player.stats().av_held_ms.percentile(1) < 25);
}

TEST(an_audio_thread_pulls_while_the_player_writes_cuts_and_asks) {
    PullSink sink(48'000);
    std::atomic<bool> over{false};
    std::atomic<std::int64_t> now_ns{0};
    std::atomic<std::size_t> sound{0}, pulls{0};
    std::thread audio([&] {
        std::vector<float> block(480);
        while (!over) {
            sound += sink.pull(block.data(), block.size(), now_ns + 20 * MS);
            pulls += 1;
            std::this_thread::yield();
        }
    });
    {
        Player player(sink);
        messages::Server server;
        player.receive(server.mesh(), 0);
        for (std::uint32_t line = 1; line <= 40; ++line) {
            messages::give_line(player, server, line, 0.3, now_ns);
            for (int frame = 0; frame < 20; ++frame) {
                now_ns += 16 * MS;
                for (const std::size_t before = pulls; pulls == before;) {  // neither is ahead of the other
                    std::this_thread::yield();
                }
                player.present(now_ns);
                player.displayed(now_ns);
                for (Happening next; player.happened(now_ns, next);) {
                }
            }
            if (line % 8 == 0) {
                server.generation += 1;
                player.receive(server.event(EventKind::interrupted, line), now_ns);
            }
        }
    }
    over = true;
    audio.join();
    CHECK(sound > 48'000);
}
