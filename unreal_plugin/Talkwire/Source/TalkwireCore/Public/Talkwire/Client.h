// What an engine's layer uses: a connection to one server, and NPCs on it.
//
// No call waits for the network, and none throws. What a frame needs (Npc::take, push, Client::notice when there is
// none) takes no memory once it has run for a moment. One thread, the game's, calls; an Npc may outlive its Client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "Talkwire/Api.h"
#include "Talkwire/Inbox.h"
#include "Talkwire/Link.h"
#include "Talkwire/Messages.h"
#include "Talkwire/Notice.h"
#include "Talkwire/Problem.h"

namespace talkwire {

/// One NPC of a client: a handle that may be copied; an empty one does nothing.
class TALKWIRECORE_API Npc {
public:
    Npc() = default;

    explicit operator bool() const { return is_here(); }
    const std::string& session() const;
    /// Whether the server has it now.
    bool is_open() const;

    /// What is read of it from now on.
    void read(const Reading& reading);
    /// All that has come since it was asked last, for Player::receive; what is of the media socket first.
    Arrivals take();
    /// What was not taken, and had to go.
    Inbox::Dropped dropped() const;

    /// Say something whole, as soon as what is said before has been: mono, floats in [-1, 1] or 16-bit. Its number, by
    /// which notices call it; 0, and `problem`, for sound that cannot be.
    std::uint32_t say(const float* samples, std::size_t count, std::uint32_t rate_hz, Problem& problem);
    std::uint32_t say(const std::int16_t* samples, std::size_t count, std::uint32_t rate_hz, Problem& problem);
    /// The same piece by piece, as a microphone or a voice generator gives it: begin, push, end.
    std::uint32_t begin(std::uint32_t rate_hz, SampleFormat format, Problem& problem);
    bool push(std::uint32_t say, const float* samples, std::size_t count, Problem& problem);
    bool push(std::uint32_t say, const std::int16_t* samples, std::size_t count, Problem& problem);
    void end(std::uint32_t say);
    /// Cut what it says and has waiting.
    void interrupt();
    /// How it speaks, feels and looks from now on; or, where `say` is something that is said, from its sample pts on. Ref,
    /// session and line do not matter. False, and `problem`, where a value is out of its limits.
    bool style(const Style& style, Problem& problem, std::uint32_t say = 0, std::uint64_t pts = 0);
    /// Leave it; what the server has of what is said is spoken to its end. No handle of it does anything then.
    void leave();

private:
    friend class Client;
    Npc(std::shared_ptr<Link> link, std::shared_ptr<Slot> slot) : link_(std::move(link)), slot_(std::move(slot)) {}

    std::uint32_t say(const void* samples, std::size_t count, std::uint32_t rate_hz, SampleFormat format, bool ended,
                      Problem& problem);
    bool is_here() const;
    bool push(std::uint32_t say, const void* samples, std::size_t count, SampleFormat format, Problem& problem);
    bool wrap(const void* samples, std::size_t count, SampleFormat format, Sound& sound, Problem& problem) const;
    bool post(Wish& wish, Problem& problem);
    Wish wish(Wish::Kind kind) const;

    std::shared_ptr<Link> link_;
    std::shared_ptr<Slot> slot_;
};

class TALKWIRECORE_API Client {
public:
    static constexpr std::string_view DEFAULT_ENDPOINT = "tcp://127.0.0.1:5556";

    /// Begins to connect; problem() says when that is no endpoint, or keys are none or cannot be used, and nothing happens
    /// then.  keys: for a server that has some; they are read here, at once.
    explicit Client(std::string_view endpoint = DEFAULT_ENDPOINT, Introduction introduction = {}, const Keys& keys = {});
    ~Client() { stop(); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Leave, and end the thread: within 200 ms, whatever the network does. For good.
    void stop();

    /// Create or join an NPC, now and after whatever happens to the server, until it is left. avatar: one of the
    /// server's; empty for its first. The same handle for the same name. Empty, and `problem`, for what is no name.
    Npc open(std::string_view session, std::string_view avatar, const Reading& reading, Problem& problem);
    /// Have an avatar ready before the first NPC wants it, or give its memory back.
    void load(std::string_view avatar, bool wanted = true);

    /// What happened, in order; false when all is told.
    bool notice(Notice& next);
    Status status() const;
    /// Of it, with every frame: they take no memory.
    Session::State state() const { return link_ ? link_->state() : Session::State::off; }
    std::int64_t offset_ns() const { return link_ ? link_->offset_ns() : 0; }
    const Problem& problem() const { return problem_; }

private:
    std::shared_ptr<Link> link_;
    std::vector<std::shared_ptr<Slot>> slots_;
    Problem problem_;
};

}  // namespace talkwire
