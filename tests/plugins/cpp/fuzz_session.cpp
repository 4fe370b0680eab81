// Whatever happens, in whatever order, with whatever a server says: no crash, and nothing that grows without an end.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "Talkwire/Session.h"

namespace {

using namespace talkwire;

class Nothing : public SessionOutput {
public:
    bool room = true;
    void connect(Route, std::uint16_t) override {}
    void close(Route) override {}
    void send(Bytes message) override {
        Problem problem;
        if (!decode_control(message, Sender::client, said_, problem)) {
            std::abort();
        }
    }
    bool has_room() override { return room; }
    void subscribe(Route, std::string_view, Plane, bool) override {}
    void tell(Notice) override {}

private:
    Control said_;
};

/// A message of the server's, made of a byte: most often one that fits.
void reply(Session& session, std::uint8_t byte, std::uint32_t ref, std::int64_t now_ns) {
    Buffer data;
    Problem problem;
    const std::string_view name = (byte & 64) != 0 ? "nova" : "guard";
    TopologyId id;
    std::string("0123456789abcdef").copy(id.digits, 16);
    switch (byte % 8) {
        case 0: encode(Welcome{ref, 1, 2, "a", {}, 1000, 1001, (byte & 32) != 0 ? "aa" : "bb", {}}, data, problem); break;
        case 1: encode(Opened{ref, name, id, 60, 0.1, 1.0, "", "frame/q16"}, data, problem); break;
        case 2: encode(Progress{name, byte % 5u, static_cast<LineState>(byte / 8 % 4), 1, ref * 50ull, ref * 20ull}, data, problem); break;
        case 3: encode(Interrupted{ref, name, 3}, data, problem); break;
        case 4: encode(Pong{ref, ref, ref, 0.5, 1}, data, problem); break;
        case 5: encode(Closed{(byte & 128) != 0 ? 0 : ref, name}, data, problem); break;
        case 6: encode(Error{ref, (byte & 32) != 0 ? "greet" : "audio", "a", "b", "c", "d"}, data, problem); break;
        default: encode(Error{ref, (byte & 32) != 0 ? "denied" : "protocol", "a", "b", "c", "d"}, data, problem); break;
    }
    session.received(data, now_ns);
}

Sound sound(const Pool& pool, std::uint32_t count) {
    Sound made;
    made.count = count;
    made.samples = pool.take(4 * count);
    for (std::size_t i = 0; i < 4 * count; ++i) {
        made.samples.data()[i] = 0;
    }
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Pool pool;
    Nothing output;
    Session session({}, 0.5, output);
    std::int64_t now_ns = 1;
    std::uint32_t ref = 0, say = 0;
    for (std::size_t i = 0; i + 1 < size; i += 2) {
        const std::uint8_t what = data[i], with = data[i + 1];
        const std::string_view name = (with & 64) != 0 ? "nova" : "guard";
        now_ns += (what & 128) != 0 ? 900'000'000 : 1'000'000;
        Planes planes;
        Problem why;
        switch (what % 16) {
            case 0: session.start(now_ns); break;
            case 1: session.connected(static_cast<Route>(with % 3), now_ns); break;
            case 2: session.lost(static_cast<Route>(with % 3), why, now_ns); break;
            case 3: session.tick(now_ns); break;
            case 4: session.open(name, "", now_ns); break;
            case 5: session.leave(name, now_ns); break;
            case 6:
                for (unsigned plane = 0; plane < PLANE_COUNT; ++plane) {
                    if ((with >> (plane % 8) & 1) != 0) {
                        planes.add(static_cast<Plane>(plane));
                    }
                }
                session.read(name, planes, now_ns);
                break;
            case 7: session.interrupt(name, now_ns); break;
            case 8:
                session.say(name, ++say, 4'000, (with & 1) != 0 ? SampleFormat::s16 : SampleFormat::f32,
                            sound(pool, with * 8u), (with & 2) != 0, now_ns);
                break;
            case 9: session.more(with % 8u, sound(pool, with * 4u), (with & 32) != 0, now_ns); break;
            case 10: {
                TopologyId id;
                std::string((with & 1) != 0 ? "0123456789abcdef" : "fedcba9876543210").copy(id.digits, 16);
                session.got(static_cast<Plane>(with % PLANE_COUNT), name, id, now_ns);
                break;
            }
            case 11: output.room = (with & 1) != 0; session.pump(); break;
            case 12: session.stop(now_ns); break;
            case 13: session.received(Bytes(data, size).part(i, with), now_ns); break;
            default: reply(session, with, ref = (what & 64) != 0 ? ref + 1 : ref, now_ns); break;
        }
    }
    if (session.speaker().kept_bytes() > 4u * 1'024u * (size + 1)) {
        std::abort();
    }
    return 0;
}
