// ZMTP: what a peer may say, in any pieces, and what it may not.
#include <cstdint>
#include <string>
#include <vector>

#include "Talkwire/Zmtp.h"
#include "check.h"

using namespace talkwire;

namespace {

constexpr std::size_t MOST = 1'000'000;

Bytes bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text_of(Bytes bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

std::string greeting(char major = 3, char minor = 1, const std::string& mechanism = "NULL") {
    std::string made = "\xff" + std::string(8, '\0') + "\x7f";
    made += major;
    made += minor;
    made += mechanism + std::string(20 - mechanism.size(), '\0');
    return made + std::string(32, '\0');
}

std::string frame(int flags, const std::string& body) {
    const std::size_t size = body.size();
    std::string made;
    if (size <= 255) {
        made += static_cast<char>(flags);
        made += static_cast<char>(size);
        return made + body;
    }
    made += static_cast<char>(flags | 2);
    for (int shift = 56; shift >= 0; shift -= 8) {
        made += static_cast<char>(static_cast<std::uint64_t>(size) >> shift);
    }
    return made + body;
}

std::string property(const std::string& name, const std::string& value) {
    std::string made(1, static_cast<char>(name.size()));
    made += name + std::string(3, '\0');
    made += static_cast<char>(value.size());
    return made + value;
}

std::string ready(const std::string& kind) {
    return frame(4, "\5READY" + property("Identity", "") + property("socket-type", kind));
}

std::string ping(const std::string& context) {
    return frame(4, std::string("\4PING\0\12", 7) + context);
}

/// All messages of these bytes, which come in pieces of this size.
std::vector<std::string> messages(Zmtp& zmtp, const std::string& sent, std::size_t piece = SIZE_MAX) {
    std::vector<std::string> found;
    for (std::size_t at = 0; at < sent.size(); at += piece) {
        Bytes data = bytes_of(sent).part(at, piece);
        while (!data.empty() && !zmtp.failure()) {
            Block message;
            data = data.part(zmtp.receive(data, message));
            if (message) {
                found.push_back(text_of(message.bytes()));
            }
        }
        if (piece == SIZE_MAX) {
            break;
        }
    }
    return found;
}

/// What it sent since it was asked last.
std::string sent(Zmtp& zmtp) {
    const std::string text = text_of(zmtp.waiting());
    zmtp.sent(text.size());
    return text;
}

Zmtp dealer() {
    return Zmtp(ZmtpRole::dealer, MOST, Pool());
}

/// Why these bytes after a handshake are refused; empty where they are not.
std::string refusal(const std::string& bytes, bool shaken = true) {
    Zmtp zmtp = dealer();
    messages(zmtp, (shaken ? greeting() + ready("ROUTER") : "") + bytes);
    return zmtp.failure() ? zmtp.failure().sentence() : "";
}

bool says(const std::string& sentence, const char* words) {
    return sentence.find(words) != std::string::npos;
}

}  // namespace

TEST(a_handshake_in_pieces_of_any_size) {
    for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64}, SIZE_MAX}) {
        Zmtp zmtp = dealer();
        CHECK_EQ(sent(zmtp), greeting());
        const std::string large(70'000, 'x');
        const auto found =
            messages(zmtp, greeting() + ready("ROUTER") + frame(0, "hello") + frame(0, "") + frame(0, large), piece);
        CHECK(zmtp.ready());
        CHECK_EQ(zmtp.peer_minor(), 1u);
        CHECK_EQ(found.size(), 3u);
        CHECK_EQ(found[0], "hello");
        CHECK_EQ(found[1], "");
        CHECK_EQ(found[2], large);
        CHECK_EQ(sent(zmtp), frame(4, "\5READY" + property("Socket-Type", "DEALER")));
    }
}

TEST(a_message_of_any_size_is_framed) {
    for (std::size_t size : {0u, 1u, 255u, 256u, 100'000u}) {
        Zmtp zmtp = dealer();
        const std::string body(size, 'y');
        CHECK(!zmtp.send(bytes_of(body)));  // nobody is there
        messages(zmtp, greeting() + ready("ROUTER"));
        sent(zmtp);
        CHECK(zmtp.send(bytes_of(body)));
        CHECK_EQ(sent(zmtp), frame(0, body));
    }
}

TEST(what_waits_is_sent_in_any_pieces_and_bounded) {
    Zmtp zmtp = dealer();
    messages(zmtp, greeting() + ready("ROUTER"));
    sent(zmtp);
    const std::string body(1'000, 'z');
    std::string wanted, seen;
    for (int i = 0; i < 200; ++i) {
        CHECK(zmtp.send(bytes_of(body)));
        wanted += frame(0, body);
        const std::string some = text_of(zmtp.waiting()).substr(0, 700);
        seen += some;
        zmtp.sent(some.size());
    }
    seen += sent(zmtp);
    CHECK(seen == wanted);
    const std::string large(1'000'000, 'z');
    int taken = 0;
    while (zmtp.send(bytes_of(large))) {
        ++taken;
    }
    CHECK_EQ(taken, 4);
    CHECK(zmtp.waiting().size <= Zmtp::MAX_WAITING_BYTES);
    for (int i = 0; i < 100'000; ++i) {  // who asks for ever and does not read gets no more answers
        messages(zmtp, ping("x"));
    }
    CHECK(zmtp.waiting().size <= Zmtp::MAX_WAITING_BYTES);
}

TEST(subscriptions_suit_the_peers_version) {
    const std::string topic("tw1/nova/audio\0", 15);
    for (char minor : {'\0', '\1'}) {
        Zmtp zmtp(ZmtpRole::sub, MOST, Pool());
        messages(zmtp, greeting(3, minor) + ready("XPUB"));
        sent(zmtp);
        CHECK(zmtp.subscribe(bytes_of(topic), true));
        CHECK(zmtp.subscribe(bytes_of(topic), false));
        const std::string wanted = minor == 0 ? frame(0, "\1" + topic) + frame(0, std::string(1, '\0') + topic)
                                              : frame(4, "\11SUBSCRIBE" + topic) + frame(4, "\6CANCEL" + topic);
        CHECK_EQ(sent(zmtp), wanted);
    }
}

TEST(a_ping_is_answered_with_its_context) {
    for (const std::string& context : {std::string(), std::string("abc"), std::string(16, 'c')}) {
        Zmtp zmtp = dealer();
        messages(zmtp, greeting() + ready("ROUTER"));
        sent(zmtp);
        messages(zmtp, ping(context) + frame(4, "\4PONG") + frame(4, "\7UNHEARD"));
        CHECK_EQ(sent(zmtp), frame(4, "\4PONG" + context));
        CHECK(!zmtp.failure());
    }
}

TEST(who_is_no_zeromq_is_told_at_its_first_byte) {
    CHECK(says(refusal("HTTP/1.1 400 Bad Request", false), "does not speak ZeroMQ"));
    CHECK(says(refusal("\xff" + std::string(8, '\0') + "\x7e", false), "does not speak ZeroMQ"));
    CHECK(says(refusal(greeting(1), false), "too old"));
    CHECK(says(refusal(greeting(2), false), "saw ZMTP 2"));
    CHECK(says(refusal(greeting(3, 0, "CURVE"), false), "the server wants keys"));
    CHECK(says(refusal(greeting(3, 0, "PLAIN"), false), "saw PLAIN"));
    CHECK_EQ(refusal(greeting(4, 0) + ready("ROUTER"), false), "");
}

TEST(a_handshake_that_makes_no_sense_is_refused) {
    CHECK(says(refusal(greeting() + ready("XPUB"), false), "another one of the server's"));
    CHECK(says(refusal(greeting() + frame(4, "\5READY"), false), "saw none"));
    CHECK(says(refusal(greeting() + ping(""), false), "has not said who it is"));
    CHECK(says(refusal(greeting() + frame(0, "hello"), false), "before it has said"));
    CHECK(says(refusal(greeting() + frame(4, "\5ERROR\4gone"), false), "saw gone"));
    CHECK(says(refusal(greeting() + frame(4, "\5ERROR"), false), "refused the connection"));
    const std::string good = "\5READY" + property("Socket-Type", "ROUTER");
    for (std::size_t cut = 7; cut < good.size(); ++cut) {
        CHECK(says(refusal(greeting() + frame(4, good.substr(0, cut)), false), "READY makes no sense"));
    }
    CHECK(says(refusal(greeting() + frame(4, "\5READY" + property("", "x")), false), "READY makes no sense"));
    CHECK(says(refusal(greeting() + frame(4, std::string("\5READY\1a\xff\xff\xff\xff", 12)), false), "no sense"));
    CHECK(says(refusal(greeting() + frame(4, "\5READY" + std::string(2'000, 'x')), false), "too long"));
}

TEST(lengths_and_flags_are_checked_before_memory_is_taken) {
    const std::string lies = std::string("\2\xff\xff\xff\xff\xff\xff\xff\xff", 9);
    CHECK(says(refusal(lies), "too long a message: saw 18446744073709551615 bytes"));
    CHECK(says(refusal(std::string("\2\0\0\0\0\0\x0f\x42\x41", 9)), "saw 1000001 bytes"));
    CHECK(says(refusal(std::string("\6\0\0\0\0\0\0\4\1", 9)), "at most 1024"));
    CHECK(says(refusal(frame(1, "a")), "several parts"));
    CHECK(says(refusal(frame(5, "a")), "framing"));
    CHECK(says(refusal(frame(8, "a")), "flags 8"));
    CHECK(says(refusal(frame(0x80, "a")), "flags 128"));
    CHECK(says(refusal(frame(4, "\4PING")), "PING makes no sense"));
    CHECK(says(refusal(ping(std::string(17, 'c'))), "PING makes no sense"));
}

TEST(who_announces_much_and_sends_little_takes_little) {
    const Pool pool;
    Zmtp zmtp(ZmtpRole::sub, std::size_t{32} << 20, pool);
    messages(zmtp, greeting() + ready("XPUB") + std::string("\2\0\0\0\0\2\0\0\0", 9) + "some");
    CHECK(!zmtp.failure());
    CHECK(pool.bytes() <= 256 * 1024);
    CHECK(messages(zmtp, std::string(1'000'000, 'x')).empty());
    CHECK(pool.bytes() <= 4'000'000);
    zmtp.reset();  // the connection was lost in the middle of it
    CHECK_EQ(messages(zmtp, greeting() + ready("XPUB") + frame(0, "again")).size(), 1u);
}

TEST(after_a_failure_nothing_more_comes) {
    Zmtp zmtp = dealer();
    CHECK(messages(zmtp, greeting() + ready("ROUTER") + frame(1, "a") + frame(0, "b")).empty());
    Block message;
    CHECK_EQ(zmtp.receive(bytes_of(frame(0, "c")), message), 0u);
    CHECK(!message);
}
