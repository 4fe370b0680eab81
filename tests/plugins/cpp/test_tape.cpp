// Sound read at a speed near 1: exact where it is 1, without a seam and without dulling where it is not.
#include <algorithm>
#include <vector>

#include "Talkwire/Tape.h"
#include "check.h"

using namespace talkwire;

namespace {

constexpr int RATE = 16'000;
const double PI = std::acos(-1.0);

std::vector<std::int16_t> tone(double hz, double seconds) {
    std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * RATE));
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i] = static_cast<std::int16_t>(10'000 * std::sin(2 * PI * hz * static_cast<double>(i) / RATE));
    }
    return samples;
}

void put(Tape& tape, const std::vector<std::int16_t>& samples) {
    if (!tape.has_room(samples.size())) {
        std::vector<std::int16_t> ring(tape.ring_for(samples.size()));
        tape.move_to(ring);
    }
    tape.write(samples.data(), samples.size());
}

std::vector<float> get(Tape& tape, std::size_t count, double speed = 1.0) {
    std::vector<float> out(count);
    out.resize(tape.read(out.data(), count, speed));
    return out;
}

}  // namespace

TEST(at_speed_one_it_gives_what_was_written) {
    Tape tape;
    std::uint32_t chance = 1;
    std::int16_t written = 0;
    std::int64_t got = 0;
    for (int turn = 0; turn < 3'000; ++turn) {
        chance = chance * 1'664'525 + 1'013'904'223;
        std::vector<std::int16_t> block(chance >> 16 & 63);
        for (std::int16_t& sample : block) {
            sample = written = static_cast<std::int16_t>((written + 1) & 0x3FFF);
        }
        put(tape, block);
        chance = chance * 1'664'525 + 1'013'904'223;
        for (const float sample : get(tape, chance >> 16 & 63)) {
            ++got;
            CHECK_EQ(sample, static_cast<float>(got & 0x3FFF));
        }
        CHECK_EQ(tape.position(), got);
    }
    CHECK(got > 50'000);
}

TEST(a_tone_stays_a_tone_across_blocks) {
    for (const double speed : {0.999, 0.9999, 1.0001, 1.001, 1.0 / 3.0}) {
        Tape tape;
        put(tape, tone(1'000, 2.0));
        std::vector<float> out;
        for (std::size_t i = 0; i < 100; ++i) {
            const std::vector<float> block = get(tape, 37 + 5 * i % 200, speed);
            out.insert(out.end(), block.begin(), block.end());
        }
        for (std::size_t i = 30; i < out.size(); ++i) {
            CHECK_NEAR(out[i], 10'000 * std::sin(2 * PI * 1'000 * speed * static_cast<double>(i) / RATE), 30);
        }
        CHECK_NEAR(tape.position(), static_cast<double>(out.size()) * speed, 1);
    }
}

TEST(an_s_is_not_dulled) {
    Tape tape;
    put(tape, tone(6'000, 1.0));
    const std::vector<float> out = get(tape, 15'000, 0.999);
    CHECK_EQ(out.size(), 15'000U);
    for (std::size_t i = 160; i + 160 < 14'800; i += 160) {
        CHECK(*std::max_element(out.begin() + static_cast<long>(i), out.begin() + static_cast<long>(i + 160)) > 9'400);
    }
}

TEST(changing_speed_leaves_no_seam) {
    Tape tape;
    put(tape, tone(300, 1.0));
    std::vector<float> out;
    for (const double speed : {1.0, 0.999, 1.0, 1.001, 0.9995, 1.0}) {
        const std::vector<float> block = get(tape, 400, speed);
        out.insert(out.end(), block.begin(), block.end());
    }
    for (std::size_t i = 3; i < out.size(); ++i) {
        CHECK_NEAR(out[i] - 3 * out[i - 1] + 3 * out[i - 2] - out[i - 3], 0, 40);
    }
}

TEST(it_ends_where_it_ends) {
    for (const double speed : {0.999, 0.99950001, 1.0, 1.0007, 1.001}) {
        for (std::size_t count = 1; count < 300; count += 7) {
            Tape tape;
            put(tape, tone(500, 0.02));
            std::size_t total = 0;
            for (std::size_t i = 0; i < 400 / count + 2; ++i) {
                total += get(tape, count, speed).size();
            }
            CHECK_EQ(tape.position(), 320);
            CHECK_EQ(tape.left(), 0U);
            CHECK_NEAR(total, 320, 1);
            put(tape, std::vector<std::int16_t>(10));
            CHECK_NEAR(get(tape, 100).size(), 9.5, 0.5);
        }
    }
}

TEST(what_is_cut_fades) {
    Tape tape;
    put(tape, std::vector<std::int16_t>(1'000, 8'000));
    get(tape, 200);
    std::vector<float> tail(160);
    CHECK_EQ(tape.fade_out(tail.data(), 160), 160U);
    CHECK_EQ(tail.front(), 8'000.0F);
    CHECK_EQ(tail.back(), 0.0F);
    for (std::size_t i = 1; i < tail.size(); ++i) {
        CHECK(tail[i] < tail[i - 1] && tail[i - 1] - tail[i] < 100);
    }
    CHECK_EQ(tape.left(), 0U);
    CHECK_EQ(tape.fade_out(tail.data(), 160), 0U);
}

TEST(without_room_what_is_too_much_is_lost) {
    Tape tape;
    const std::vector<std::int16_t> sound(100'000, 5);
    tape.write(sound.data(), sound.size());
    CHECK_EQ(tape.left(), 0U);
    put(tape, std::vector<std::int16_t>(10, 5));
    tape.write(sound.data(), sound.size());
    CHECK_EQ(tape.left(), 4'096U - 8U);
    CHECK_EQ(get(tape, 100'000).size(), 4'096U - 8U);
}
