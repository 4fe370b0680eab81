// The player: which frame belongs on the screen now, given the sound that is heard now.
//
// Pure but for its sink; takes the time. Sound is the master: a frame is chosen, and interpolated, for the sample that
// is heard. Utterances are played in order; an idle one yields as soon as the next is ready; a newer generation voids
// everything older. What is missing is waited for; a face for which nothing comes goes to rest. docs/playing.md has the
// rules; each is a file beside this one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "Talkwire/Api.h"
#include "Talkwire/Happening.h"
#include "Talkwire/JitterBuffer.h"
#include "Talkwire/MessageCodec.h"
#include "Talkwire/Picture.h"
#include "Talkwire/Playout.h"
#include "Talkwire/Pool.h"
#include "Talkwire/Poser.h"
#include "Talkwire/Programme.h"
#include "Talkwire/Screen.h"
#include "Talkwire/Sink.h"
#include "Talkwire/Stats.h"

namespace talkwire {

/// A Texture that outlives its message.
struct TALKWIRECORE_API Image {
    explicit Image(const Texture& message);

    TopologyId topology_id;
    ImageFormat format = ImageFormat::png;
    std::uint32_t width_px = 0, height_px = 0;  // of BC1; a file says its own
    Buffer bytes;
};

/// Give it what arrives (receive), ask it what to show (present) at every tick of the display. All by one thread.
/// Once it has run for a moment, neither takes memory, but for a new head, basis or texture.
class TALKWIRECORE_API Player {
public:
    struct Settings {
        double least_ms = JitterBuffer::LEAST_MS, most_ms = JitterBuffer::MOST_MS;  // of the jitter buffer's target
        /// How much later than its sound is heard a moment is shown. Positive where the ear hears later than the sink
        /// knows, as with wireless headphones; negative where the screen is the slower one. At most a second.
        double av_offset_ms = 0.0;
        std::int64_t most_bytes = std::int64_t{256} << 20;  // kept of what arrives, whatever a server sends
    };

    /// The sink outlives the player. Settings beyond their limits are brought within them.
    explicit Player(Sink& sink) : Player(sink, Settings()) {}
    Player(Sink& sink, const Settings& settings);
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    /// What of this message takes memory, and longer than a game's frame should: a mesh, a basis, a texture. Any thread;
    /// `receive` does it itself where nobody has.
    static Prepared prepare(const MediaMessage& message);

    /// Take what has arrived, in its order. offset_ns: added to the server's time gives the receiver's. arrived_ns: when
    /// it came, which may be before now: a game looks 60 times a second, and that is no jitter of the network. What it
    /// says is copied: the message may go when this returns.
    void receive(const Media& item, std::int64_t now_ns, std::int64_t offset_ns, std::int64_t arrived_ns);
    void receive(const Media& item, std::int64_t now_ns, std::int64_t offset_ns = 0) {
        receive(item, now_ns, offset_ns, now_ns);
    }

    /// The picture for this moment; null while there is none. It stands until the next call; a copy may be kept.
    const Picture* present(std::int64_t now_ns);

    /// The picture last presented is on the screen now: measure how well it fits the sound.
    void displayed(std::int64_t now_ns);

    /// What became of lines: of each its `started` and its end, when heard, in order. False when all is told.
    bool happened(std::int64_t now_ns, Happening& next);

    /// Another A/V offset from now on.
    void set_av_offset(double ms) { playout_.set_offset(ms / 1e3); }

    /// The newest that has come; what is older is void.
    std::uint32_t generation() const { return programme_.generation(); }
    /// Whether nothing but idling is left to play.
    bool silent() const;
    /// The head, once it is known; another one when it changes.
    const std::shared_ptr<const Head>& head() const { return poser_.head(); }
    /// Its texture.
    const std::shared_ptr<const Image>& texture() const { return texture_; }
    const Stats& stats() const { return stats_; }
    const JitterBuffer& buffer() const { return buffer_; }
    /// How far both sound and frames reached beyond what is heard, of the line that is on.
    double depth_ms() const { return playout_.depth_ms(); }
    /// What it has taken for frames, patches and sound, in use and unused.
    std::size_t bytes() const { return pool_.bytes(); }

private:
    void step(std::int64_t now_ns);
    Track* next(std::int64_t now_ns);
    void begin(Track& track, std::int64_t now_ns);
    void cut(std::uint32_t generation, std::int64_t now_ns);
    void leave(Track& track, std::int64_t now_ns);

    /// When a message came, by this clock, and what makes the server's of it.
    struct Arrived {
        std::int64_t now_ns, at_ns, offset_ns;
    };

    void take(const Media& item, const Arrived& arrived);
    void take(const Prepared& prepared);
    template <class Message>
    void take_frame(const Message& message, bool bare, const Arrived& arrived);
    void take_patch(const Patch& message, std::int64_t now_ns);
    void take_audio(const Audio& message, std::int64_t now_ns);
    void take_event(const Event& message, std::int64_t now_ns, std::int64_t offset_ns);
    Track* track(std::uint32_t utterance, std::uint32_t generation, std::int64_t now_ns);
    bool is_of_now(std::uint32_t generation, std::int64_t now_ns);

    std::int64_t moment(Track& track, std::int64_t now_ns);
    bool is_missing(Track& track, std::int64_t now_ns);
    bool error_s(std::int64_t now_ns, double& error);

    Pool pool_;
    Stats stats_;
    JitterBuffer buffer_;
    Playout playout_;
    Programme programme_;
    Poser poser_;
    Screen screen_;
    Happenings happenings_;
    std::shared_ptr<const Image> texture_;
    bool framed_ = false;  // since when: the last frame, or the first step
    std::int64_t framed_ns_ = 0;
};

}  // namespace talkwire
