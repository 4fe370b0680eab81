// Whatever a server sends, a player goes on, and its picture can be drawn. Input: one part of a media socket.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "Talkwire/Player.h"
#include "messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace talkwire;
    Media media;
    Problem problem;
    if (!decode_media(Bytes(data, size), media, problem)) {
        return 0;
    }
    SilentSink sink;
    Player player(sink);
    messages::Server server(4, 2);
    const std::int64_t step_ns = 20'000'000;
    std::int64_t now_ns = 0;
    const auto draw = [&] {
        now_ns += step_ns;
        const Picture* shown = player.present(now_ns);
        if (shown != nullptr && !shown->shape.empty()) {
            std::vector<float> vertices(3 * shown->shape.vertex_count());
            shown->shape.vertices(vertices.data());
            shown->shape.normals(vertices.data());
        }
        player.displayed(now_ns);
        for (Happening next; player.happened(now_ns, next);) {
        }
    };
    player.receive(media, now_ns);  // before all else,
    draw();
    player.receive(server.mesh(), now_ns);
    player.receive(server.basis(), now_ns);
    player.receive(media, now_ns);  // with a head,
    draw();
    for (std::uint32_t i = 0; i < 30; ++i) {
        player.receive(server.frame(1, i, i * 266, KEY), now_ns);
        player.receive(server.audio(1, i * 266, 266), now_ns);
    }
    player.receive(media, now_ns);  // and within a line
    for (int i = 0; i < 5; ++i) {
        draw();
    }
    return 0;
}
