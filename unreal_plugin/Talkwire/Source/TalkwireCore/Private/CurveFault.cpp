#include "CurveFault.h"

#include <cstddef>
#include <string>

namespace talkwire {

namespace {

struct Words {
    Problem::Kind kind;
    const char *what, *seen, *wanted, *cure;  // %: the detail
};

constexpr const char* PEER_CURE = "check that it is a talkwire server, on the right port";
constexpr Words WORDS[] = {
    {Problem::Kind::denied, "the server does not know this client's key", "%", "one in the folder clients of its --keys",
     "give the client's .pub file to who runs the server"},
    {Problem::Kind::denied, "the server has no key, and would hear this client unencrypted", "a server without --keys",
     "one that proves who it is", "start it with --keys, or leave out Key and ServerKey"},
    {Problem::Kind::link, "the server hangs up in the handshake", "one that stops, or has another key", "the holder of %",
     "if it stays so, get server.pub again from who runs the server, and check the address"},
    {Problem::Kind::protocol, "the peer's handshake makes no sense", "error %", "CURVE as RFC 26 has it", PEER_CURE},
    {Problem::Kind::protocol, "the peer sends a message of several parts", "more than one", "one part", PEER_CURE},
    {Problem::Kind::link, "this build cannot reach a server with keys", "Key and ServerKey",
     "a build with libzmq, or no keys", "build it in as docs/unreal.md says, or connect through a tunnel"},
    {Problem::Kind::link, "this build's libzmq cannot reach a server with keys", "no CURVE in it",
     "a libzmq with libsodium", "build libzmq with -D WITH_LIBSODIUM=ON -D ENABLE_CURVE=ON"},
};

std::string filled(std::string_view text, std::string_view detail) {
    const std::size_t at = text.find('%');
    return at == std::string_view::npos ? std::string(text)
                                        : std::string(text.substr(0, at)).append(detail).append(text.substr(at + 1));
}

}  // namespace

bool refuse(Problem& problem, CurveFault fault, std::string_view detail) {
    const Words& words = WORDS[static_cast<std::size_t>(fault)];
    return refuse(problem, words.kind, words.what, filled(words.seen, detail), filled(words.wanted, detail), words.cure);
}

}  // namespace talkwire
