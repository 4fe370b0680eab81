// A player that has run for a moment takes no more memory: allocations are counted over 600 frames.
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "Talkwire/Player.h"
#include "Talkwire/PullSink.h"
#include "Talkwire/Time.h"
#include "check.h"
#include "messages.h"

namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t size) {
    ++allocations;
    void* memory = std::malloc(size);
    if (memory == nullptr) {
        std::abort();
    }
    return memory;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace talkwire;
using messages::RATE;
using messages::Server;

constexpr std::int64_t FRAME_NS = NS_PER_S / 60;
constexpr std::uint32_t VERTICES = 10'000;

/// Lines of two seconds with half a second of idling between them; every seventh line is cut. What a server would
/// send, 0.1 s ahead, is made before it counts; then `frames` pictures are drawn, and the audio thread's blocks pulled.
template <class MakeFrame>
long allocations_while_playing(Server& server, const MakeFrame& make_frame, int warm_up, int frames) {
    const Media sound = server.audio(0, 0, RATE / 60), shapes = make_frame(), patch = server.patch(0, 0);
    const Media closed = server.event(EventKind::closed, 0);
    PullSink sink(48'000);
    Player player(sink);
    player.receive(server.mesh(), 0);
    player.receive(server.basis(), 0);
    std::vector<float> vertices(3 * VERTICES), block(800);
    std::vector<Media> arrived(4);
    long before = 0;
    for (int tick = 0; tick < warm_up + frames; ++tick) {
        if (tick == warm_up) {
            before = allocations;
        }
        const std::int64_t now_ns = NS_PER_S + tick * FRAME_NS;
        const auto utterance = static_cast<std::uint32_t>(1 + tick / 150 * 2 + (tick % 150 >= 120 ? 1 : 0));
        const bool idle = tick % 150 >= 120;
        const auto seq = static_cast<std::uint32_t>(idle ? tick % 150 - 120 : tick % 150);
        const auto generation = static_cast<std::uint32_t>(tick / 1'050);
        const auto stamp = [&](auto& message) {
            message.utterance = utterance;
            message.generation = generation;
            message.pts = seq * (RATE / 60);
            message.sample_rate_hz = RATE;
            message.server_ns = static_cast<std::uint64_t>(now_ns);
        };
        std::size_t count = 0;
        if (tick % 1'050 == 0 && tick > 0) {
            arrived[count] = closed;
            std::get<Event>(arrived[count++].message).generation = generation;
        }
        arrived[count] = shapes;
        const auto flags = static_cast<std::uint8_t>(idle ? KEY | IDLE : seq == 119 ? KEY | LAST : KEY);
        if (auto* frame = std::get_if<Frame>(&arrived[count].message)) {
            stamp(*frame);
            frame->seq = seq;
            frame->flags = flags;
        } else if (auto* coefficients = std::get_if<Coefficients>(&arrived[count].message)) {
            stamp(*coefficients);
            coefficients->seq = seq;
            coefficients->flags = flags;
        }
        ++count;
        if (!idle) {
            arrived[count] = sound;
            auto& audio = std::get<Audio>(arrived[count++].message);
            stamp(audio);
            audio.flags = static_cast<std::uint8_t>(seq == 119 ? LAST : 0);
        }
        if (tick % 2 == 0) {
            arrived[count] = patch;
            stamp(std::get<Patch>(arrived[count++].message));
        }
        for (std::size_t i = 0; i < count; ++i) {
            player.receive(arrived[i], now_ns);
        }
        const Picture* shown = player.present(now_ns);
        if (shown != nullptr) {
            const Picture copy = *shown;  // as one that goes to a worker
            copy.shape.vertices(vertices.data());
        }
        player.displayed(now_ns);
        for (Happening next; player.happened(now_ns, next);) {
        }
        sink.pull(block.data(), block.size(), now_ns + 20'000'000);
    }
    CHECK(player.stats().pictures > frames / 2);
    CHECK(!player.present(NS_PER_S + (warm_up + frames) * FRAME_NS)->shape.empty());
    return allocations - before;
}

}  // namespace

TEST(frames_of_q16_with_sound_take_no_memory) {
    Server server(VERTICES, 64);
    const long count =
        allocations_while_playing(server, [&] { return server.frame(0, 0, 0, KEY, 0.5, 40'000); }, 1'200, 600);
    std::printf("q16: %ld allocations in 600 frames\n", count);
    CHECK_EQ(count, 0);
}

TEST(frames_of_a_basis_with_sound_take_no_memory) {
    Server server(VERTICES, 64);
    const long count = allocations_while_playing(server, [&] { return server.coefficients(0, 0, 0, KEY); }, 1'200, 600);
    std::printf("basis: %ld allocations in 600 frames\n", count);
    CHECK_EQ(count, 0);
}
