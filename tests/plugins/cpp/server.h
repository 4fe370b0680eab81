// A server of one thread in the test's own process: enough of ZMTP and of the protocol for a Link to live on, and every
// way to treat it badly. POSIX only, as the tests are.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "Talkwire/MessageCodec.h"

namespace checks {

using namespace talkwire;

/// How it treats whoever connects.
enum class Manners {
    good,
    mute,        // accepts, and says nothing
    no_welcome,  // ZMTP, and no answer to Hello
};

/// Whether what this thread takes of memory is counted, where a test counts.
inline thread_local bool is_counted = true;

class Server {
public:
    std::atomic<bool> stalled{false};  // it neither reads nor writes
    std::atomic<int> hellos{0}, opens{0}, begins{0}, chunks{0}, ends{0}, closes{0}, interrupts{0}, pings{0}, samples{0};

    /// ports: control, media, motion; 0: any. run: who it says it is.
    explicit Server(Manners manners = Manners::good, std::string run = "aa", std::array<std::uint16_t, 3> ports = {})
        : manners_(manners), run_(std::move(run)) {
        for (int i = 0; i < 3; ++i) {
            listeners_[i] = listen(ports[static_cast<std::size_t>(i)], ports_[static_cast<std::size_t>(i)]);
        }
        thread_ = std::thread([this] { serve(); });
    }
    ~Server() {
        over_ = true;
        thread_.join();
        for (const int listener : listeners_) {
            ::close(listener);
        }
    }

    std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(ports_[0]); }
    std::array<std::uint16_t, 3> ports() const { return ports_; }

    /// To whoever reads this topic.
    template <class Message>
    void publish(const std::string& session, Plane plane, const Message& message) {
        Buffer part;
        Problem problem;
        topic(session, plane, part);
        const std::string prefix(part.begin(), part.end());
        encode(message, part, problem);
        std::lock_guard<std::mutex> hold(lock_);
        published_.push_back({is_motion(plane) ? 2 : 1, prefix, std::string(part.begin(), part.end())});
    }

    /// Whether somebody reads this plane.
    bool is_read(const std::string& session, Plane plane) {
        Buffer prefix;
        topic(session, plane, prefix);
        std::lock_guard<std::mutex> hold(lock_);
        return topics_.count(std::string(prefix.begin(), prefix.end())) > 0;
    }

    /// Bytes as they are, on a connection of this kind (0: control, 1: media, 2: motion).
    void blurt(int kind, const std::string& bytes) {
        std::lock_guard<std::mutex> hold(lock_);
        blurted_.push_back({kind, "", bytes});
    }

    /// A message on control.
    template <class Message>
    void tell(const Message& message) {
        Buffer data;
        Problem problem;
        encode(message, data, problem);
        blurt(0, frame(0, std::string(data.begin(), data.end())));
    }

    /// Close what there is, and accept anew.
    void drop_all() { dropping_ = true; }

    static std::string frame(int flags, const std::string& body) {
        std::string made(1, static_cast<char>(body.size() > 255 ? flags | 2 : flags));
        for (int shift = body.size() > 255 ? 56 : 0; shift >= 0; shift -= 8) {
            made += static_cast<char>(static_cast<std::uint64_t>(body.size()) >> shift);
        }
        return made + body;
    }

private:
    struct Peer {
        int kind;
        std::string in, out;
        bool greeted = false, is_ready = false;
        std::set<std::string> topics;
    };
    struct Published {
        int kind;
        std::string prefix, part;
    };

    static int listen(std::uint16_t port, std::uint16_t& bound) {
        const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
        const int yes = 1;
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        here.sin_port = htons(port);
        socklen_t size = sizeof here;
        const bool good = ::bind(listener, reinterpret_cast<const sockaddr*>(&here), size) == 0 &&
                          ::listen(listener, 64) == 0 &&
                          getsockname(listener, reinterpret_cast<sockaddr*>(&here), &size) == 0;
        bound = good ? ntohs(here.sin_port) : 0;
        fcntl(listener, F_SETFL, O_NONBLOCK);
        return listener;
    }

    void serve() {
        is_counted = false;
        while (!over_) {
            std::vector<pollfd> waited;
            for (const int listener : listeners_) {
                waited.push_back({listener, POLLIN, 0});
            }
            for (const auto& [handle, peer] : peers_) {
                waited.push_back({handle, static_cast<short>(peer.out.empty() ? POLLIN : POLLIN | POLLOUT), 0});
            }
            ::poll(waited.data(), waited.size(), 2);
            if (stalled) {
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
                continue;
            }
            for (int i = 0; i < 3; ++i) {
                accept(i);
            }
            if (dropping_.exchange(false)) {
                for (const auto& [handle, peer] : peers_) {
                    ::close(handle);
                }
                peers_.clear();
            }
            hand_out();
            for (auto at = peers_.begin(); at != peers_.end();) {
                if (manners_ == Manners::mute || turn(at->first, at->second)) {
                    ++at;
                } else {
                    ::close(at->first);
                    at = peers_.erase(at);
                }
            }
            std::lock_guard<std::mutex> hold(lock_);
            topics_.clear();
            for (const auto& [handle, peer] : peers_) {
                topics_.insert(peer.topics.begin(), peer.topics.end());
            }
        }
        for (const auto& [handle, peer] : peers_) {
            ::close(handle);
        }
    }

    void accept(int kind) {
        for (int handle; (handle = ::accept(listeners_[kind], nullptr, nullptr)) >= 0;) {
            fcntl(handle, F_SETFL, O_NONBLOCK);
            const int yes = 1;
            setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            Peer& peer = peers_[handle];
            peer = Peer();
            peer.kind = kind;
            if (manners_ != Manners::mute) {
                peer.out = std::string("\xff\0\0\0\0\0\0\0\0\x7f\3\1NULL", 16) + std::string(48, '\0');
            }
        }
    }

    /// What was published and blurted, to whom it concerns.
    void hand_out() {
        std::lock_guard<std::mutex> hold(lock_);
        for (auto& [handle, peer] : peers_) {
            for (const Published& one : published_) {
                if (peer.kind == one.kind && peer.topics.count(one.prefix) > 0 && peer.out.size() < (64u << 20)) {
                    peer.out += frame(0, one.part);
                }
            }
            for (const Published& one : blurted_) {
                if (peer.kind == one.kind) {
                    peer.out += one.part;
                }
            }
        }
        published_.clear();
        blurted_.clear();
    }

    bool turn(int handle, Peer& peer) {
        char bytes[65'536];
        ssize_t got;
        while ((got = ::recv(handle, bytes, sizeof bytes, 0)) > 0) {
            peer.in.append(bytes, static_cast<std::size_t>(got));
        }
        const bool has_gone = got == 0 || errno != EAGAIN;
        understand(peer);
        if (has_gone) {
            return false;
        }
        while (!peer.out.empty()) {
            const ssize_t sent = ::send(handle, peer.out.data(), peer.out.size(), MSG_NOSIGNAL);
            if (sent < 0) {
                return errno == EAGAIN;
            }
            peer.out.erase(0, static_cast<std::size_t>(sent));
        }
        return true;
    }

    void understand(Peer& peer) {
        if (!peer.greeted && peer.in.size() >= 64) {
            peer.in.erase(0, 64);
            peer.greeted = true;
            const std::string kind = peer.kind == 0 ? "ROUTER" : "XPUB";
            peer.out += frame(4, "\5READY\13Socket-Type" + std::string(3, '\0') + static_cast<char>(kind.size()) + kind);
        }
        while (peer.greeted && peer.in.size() >= 2) {
            const bool is_long = (peer.in[0] & 2) != 0;
            const std::size_t head = is_long ? 9 : 2;
            if (peer.in.size() < head) {
                return;
            }
            std::size_t size = 0;
            for (std::size_t i = 1; i < head; ++i) {
                size = size << 8 | static_cast<std::uint8_t>(peer.in[i]);
            }
            if (peer.in.size() < head + size) {
                return;
            }
            const std::string body = peer.in.substr(head, size);
            const bool command = (peer.in[0] & 4) != 0;
            peer.in.erase(0, head + size);
            if (command) {
                obey(peer, body);
            } else if (peer.kind == 0) {
                answer(peer, body);
            }
        }
    }

    static void obey(Peer& peer, const std::string& command) {
        if (command.compare(0, 10, "\11SUBSCRIBE") == 0) {
            peer.topics.insert(command.substr(10));
        } else if (command.compare(0, 7, "\6CANCEL") == 0) {
            peer.topics.erase(command.substr(7));
        }
    }

    void answer(Peer& peer, const std::string& body) {
        Problem problem;
        if (!decode_control({reinterpret_cast<const std::uint8_t*>(body.data()), body.size()}, Sender::client, in_,
                            problem)) {
            return;
        }
        if (const auto* hello = std::get_if<Hello>(&in_)) {
            ++hellos;
            if (manners_ != Manners::no_welcome) {
                Welcome welcome;
                welcome.ref = hello->ref;
                welcome.agent = "a test";
                welcome.media_port = ports_[1];
                welcome.motion_port = ports_[2];
                welcome.run = run_;
                reply(peer, welcome);
            }
        } else if (const auto* open = std::get_if<Open>(&in_)) {
            ++opens;
            Opened opened;
            opened.ref = open->ref;
            opened.session = open->session;
            std::string("0123456789abcdef").copy(opened.topology_id.digits, 16);
            opened.frame_rate_hz = 60;
            opened.max_queued_s = 30;
            opened.avatar = "nova";
            opened.frames = "frame/q16";
            reply(peer, opened);
        } else if (const auto* ping = std::get_if<Ping>(&in_)) {
            ++pings;
            const auto now = std::chrono::steady_clock::now().time_since_epoch();
            const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
            reply(peer, Pong{ping->ref, ping->client_ns, static_cast<std::uint64_t>(now_ns), 0.5, 1});
        } else if (const auto* begin = std::get_if<Begin>(&in_)) {
            ++begins;
            (void)begin;
        } else if (const auto* chunk = std::get_if<ChunkS16>(&in_)) {
            ++chunks;
            samples += static_cast<int>(chunk->samples.size / 2);
            const auto all = static_cast<std::uint64_t>(samples);  // it is heard at once
            reply(peer, Progress{chunk->session, chunk->line, LineState::speaking, 1, all, all});
        } else if (const auto* floats = std::get_if<ChunkF32>(&in_)) {
            ++chunks;
            samples += static_cast<int>(floats->samples.size / 4);
        } else if (const auto* end = std::get_if<End>(&in_)) {
            ++ends;
            const auto all = static_cast<std::uint64_t>(samples);
            reply(peer, Progress{end->session, end->line, LineState::done, 1, all, all});
        } else if (const auto* cut = std::get_if<Interrupt>(&in_)) {
            ++interrupts;
            reply(peer, Interrupted{cut->ref, cut->session, 7});
        } else if (const auto* close = std::get_if<Close>(&in_)) {
            ++closes;
            reply(peer, Closed{close->ref, close->session});
        }
    }

    template <class Message>
    static void reply(Peer& peer, const Message& message) {
        Buffer data;
        Problem problem;
        encode(message, data, problem);
        peer.out += frame(0, std::string(data.begin(), data.end()));
    }

    const Manners manners_;
    const std::string run_;
    std::array<std::uint16_t, 3> ports_{};
    int listeners_[3] = {};
    std::map<int, Peer> peers_;
    std::mutex lock_;
    std::vector<Published> published_, blurted_;
    std::set<std::string> topics_;
    Control in_;
    std::atomic<bool> over_{false}, dropping_{false};
    std::thread thread_;
};

}  // namespace checks
