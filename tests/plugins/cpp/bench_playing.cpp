// What a picture costs: the player's step and the vertices, 10,000 of them, in microseconds. Prints one line of JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Talkwire/Player.h"
#include "Talkwire/PullSink.h"
#include "Talkwire/Time.h"
#include "messages.h"

namespace {

using namespace talkwire;
using messages::RATE;
using messages::Server;

constexpr std::uint32_t VERTICES = 10'000;

double now_us() {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Cost {
    std::vector<double> receive_us, present_us, vertices_us;

    static double at(std::vector<double>& values, double share) {
        std::sort(values.begin(), values.end());
        return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
    }
    void print(const char* name, const char* end) {
        std::printf("\"%s\": {", name);
        const char* names[] = {"receive_us", "present_us", "vertices_us"};
        std::vector<double>* all[] = {&receive_us, &present_us, &vertices_us};
        for (int i = 0; i < 3; ++i) {
            std::printf("\"%s\": [%.2f, %.2f]%s", names[i], at(*all[i], 0.5), at(*all[i], 0.99), i < 2 ? ", " : "");
        }
        std::printf("}%s", end);
    }
};

/// An endless line and its sound, 0.1 s ahead of it, drawn 60 times a second. fading: instead, another idle utterance
/// after every four pictures, so that each of them lies between the frames of two utterances or more.
template <class MakeFrame>
Cost run(Server& server, const MakeFrame& make_frame, bool fading) {
    Cost cost;
    SilentSink sink;
    Player player(sink);
    player.receive(server.mesh(), 0);
    player.receive(server.basis(), 0);
    std::vector<float> vertices(3 * VERTICES);
    Media shapes = make_frame(), sound = server.audio(1, 0, RATE / 60);
    std::uint32_t utterance = 0, seq = 0;
    for (std::uint32_t tick = 0; tick < 3'000; ++tick) {
        const std::int64_t now_ns = tick * (NS_PER_S / 60) + 1;
        const bool begins = tick == 0 || (fading && tick % 4 == 0);
        if (begins) {
            utterance += 1;
            seq = 0;
        }
        const double began_us = now_us();
        for (const std::uint32_t until = seq + (begins ? 7 : 1); seq < until; ++seq) {
            const auto stamp = [&](auto& message) {
                message.utterance = utterance;
                message.pts = seq * (RATE / 60);
                message.flags = static_cast<std::uint8_t>(fading ? KEY | IDLE : KEY);
            };
            if (auto* frame = std::get_if<Frame>(&shapes.message)) {
                stamp(*frame);
            } else {
                stamp(std::get<Coefficients>(shapes.message));
            }
            player.receive(shapes, now_ns);
            if (!fading) {
                stamp(std::get<Audio>(sound.message));
                player.receive(sound, now_ns);
            }
        }
        const double received_us = now_us();
        const Picture* shown = player.present(now_ns);
        const double presented_us = now_us();
        if (shown != nullptr) {
            shown->shape.vertices(vertices.data());
        }
        const double drawn_us = now_us();
        if (tick >= 100) {
            cost.receive_us.push_back(received_us - began_us);
            cost.present_us.push_back(presented_us - received_us);
            cost.vertices_us.push_back(drawn_us - presented_us);
        }
    }
    return cost;
}

/// 10 ms for a device of 48 kHz from a stream of 16 kHz, as the audio thread pulls them.
std::vector<double> pulls_us() {
    PullSink sink(48'000);
    sink.start(RATE, 0);
    sink.set_speed(1.0005, 0);
    const std::vector<std::int16_t> sound(RATE / 100, 1'000);
    std::vector<float> block(480);
    std::vector<double> costs_us;
    for (int i = 0; i < 3'000; ++i) {
        sink.write(sound.data(), sound.size());
        const double began_us = now_us();
        sink.pull(block.data(), block.size(), std::int64_t{i} * 10'000'000);
        costs_us.push_back(now_us() - began_us);
    }
    return costs_us;
}

}  // namespace

int main() {
    Server server(VERTICES, 64);
    const auto q16 = [&] { return server.frame(1, 0, 0, KEY, 0.5, 40'000); };
    const auto basis = [&] { return server.coefficients(1, 0, 0, KEY); };
    std::printf("{\"vertices\": %u, \"of\": \"[p50, p99]\", ", VERTICES);
    run(server, q16, false).print("q16", ", ");
    run(server, q16, true).print("q16_in_fades", ", ");
    run(server, basis, false).print("basis_of_64", ", ");
    run(server, basis, true).print("basis_of_64_in_fades", ", ");
    std::vector<double> pulls = pulls_us();
    std::printf("\"pull_10_ms_us\": [%.2f, %.2f]}\n", Cost::at(pulls, 0.5), Cost::at(pulls, 0.99));
    return 0;
}
