// What a picture costs: the player's step and the vertices, 10,000 of them, in microseconds. Prints one line of JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Talkwire/Player.h"
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

/// An endless line and its sound, 0.1 s ahead of it, drawn 60 times a second. fading: every 0.1 s another idle utterance
/// cuts the one before, so that every picture lies between four frames or more.
template <class MakeFrame>
Cost run(Server& server, const MakeFrame& make_frame, bool fading) {
    Cost cost;
    SilentSink sink;
    Player player(sink);
    player.receive(server.mesh(), 0);
    player.receive(server.basis(), 0);
    std::vector<float> vertices(3 * VERTICES);
    Media shapes = make_frame(), sound = server.audio(1, 0, RATE / 60);
    std::uint32_t seq = 0;
    for (std::uint32_t tick = 0; tick < 3'000; ++tick) {
        const std::int64_t now_ns = tick * (NS_PER_S / 60) + 1;
        const bool cut = fading && tick % 6 == 0;
        if (cut) {
            server.generation += 1;
            seq = 0;
        }
        const double began_us = now_us();
        for (const std::uint32_t until = seq + (cut || tick == 0 ? 12 : 1); seq < until; ++seq) {
            const auto stamp = [&](auto& message) {
                message.generation = server.generation;
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

}  // namespace

int main() {
    Server server(VERTICES, 64);
    const auto q16 = [&] { return server.frame(1, 0, 0, KEY, 0.5, 40'000); };
    const auto basis = [&] { return server.coefficients(1, 0, 0, KEY); };
    std::printf("{\"vertices\": %u, \"of\": \"[p50, p99]\", ", VERTICES);
    run(server, q16, false).print("q16", ", ");
    run(server, q16, true).print("q16_in_fades", ", ");
    run(server, basis, false).print("basis_of_64", ", ");
    run(server, basis, true).print("basis_of_64_in_fades", "}\n");
    return 0;
}
