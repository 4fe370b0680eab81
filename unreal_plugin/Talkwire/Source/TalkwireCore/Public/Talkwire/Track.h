// One utterance on its way through the player: what has arrived of it, and how far that reaches.
#pragma once

#include <cstddef>
#include <cstdint>

#include "Talkwire/Api.h"
#include "Talkwire/Held.h"
#include "Talkwire/Picture.h"
#include "Talkwire/Pool.h"
#include "Talkwire/Ring.h"
#include "Talkwire/Shape.h"

namespace talkwire {

/// Bytes that a player may still keep of what arrives, whatever a server sends.
struct Room {
    std::int64_t left = 0;
};

/// Sound that no sink has been given yet. Without samples: silence.
struct SoundChunk {
    Block samples;  // i16
    std::int64_t count = 0;
};

/// One utterance as far as it has arrived. Places in it are samples at its own rate.
class TALKWIRECORE_API Track {
public:
    static constexpr std::size_t MAX_FRAMES = 1'200;  // of one utterance, where nobody asks for pictures
    static constexpr double MAX_SOUND_S = 60.0;  // that waits; the server sends a fraction of a second ahead
    static constexpr double MAX_APART_S = 2.0;   // of what one socket has brought: so long it waits for the other
    static constexpr double UNSEEN_S = 0.15;     // for who reads no frames: somewhat more sound than a frame needs
    static constexpr std::int64_t LEAD_MEASURED_NS = 1'000'000'000;  // from its first frame on
    static constexpr double IDLE_BEHIND_S = 0.25;  // an idle clock that lags the newest frame by more than this jumps

    enum class Told : std::uint8_t { nothing, started, over };

    Track() = default;
    Track(const Track&) = delete;
    Track& operator=(const Track&) = delete;

    /// Begin anew, as another utterance; the memory is used again.
    void reset(std::int64_t id, std::uint32_t generation, Room& room);

    std::int64_t id = 0;
    std::uint32_t generation = 0;
    std::int64_t rate_hz = 1;
    bool idle = false;
    bool bare = false;    // its frames have no vertices
    bool unseen = false;  // nobody reads frames just now
    bool sound_complete = false;
    bool frames_complete = false;
    double lead_s = 0.0;  // how long before its moment a frame is sent: of recorded lines, not of live ones
    Told told = Told::nothing;

    /// Where its sound begins here: not 0 for who joins in mid-line.
    std::int64_t begins() const { return begins_; }
    /// How far its sound has come.
    std::int64_t end() const { return begins_ + samples_; }
    /// Of samples.
    double seconds(double samples) const { return samples / static_cast<double>(rate_hz); }
    bool has_frames() const { return !frames_.empty(); }
    const Moment& oldest() const { return *frames_.front(); }
    const Moment& newest() const { return *frames_.back(); }
    bool has_sound() const { return !sound_.empty(); }

    /// How much of its frames has come.
    double span_s() const;
    /// How far both sound and frames have come. Neither leads without the other, within MAX_APART_S. Where no frames
    /// come at all, sound goes alone, as late as it would beside them: they may come again.
    double reach() const;
    /// Whether it may begin, or go on, from there.
    bool ready(std::int64_t heard, double target_s) const;

    /// Whether its moment is later than all that came.
    bool is_new(std::int64_t pts) const { return frames_.empty() || pts > frames_.back()->pts; }
    /// A new one.
    void add_frame(Held<Moment> frame);
    /// In their order; another is ignored.
    void add_patch(Held<PatchImages> patch);
    /// Where its first sound is, whatever else comes.
    void join(std::int64_t pts);
    /// What follows; no samples: silence. What is too much is lost.
    void add_sound(SoundChunk sound);
    /// Whether add_sound would take so much.
    bool has_room(std::int64_t count) const;
    /// The next of it for the sink.
    SoundChunk take_sound();
    /// Go on from there, as if joined only now.
    void rejoin(std::int64_t pts);

    /// An idle utterance runs on the receiver's clock, between its newest frame and a little before.
    std::int64_t idle_moment(std::int64_t now_ns);
    /// What lies before a moment is not wanted any more: who hears and never looks keeps no more than who does.
    void forget(std::int64_t moment);
    /// The frames on both sides of a moment, and its share of the way between them. Forgets what lies before.
    void around(std::int64_t moment, Held<Moment>& before, Held<Moment>& after, double& share);
    /// The newest of its moment, or none.
    Held<PatchImages> patch(std::int64_t moment) const;

    /// Let go of all that it has.
    void clear();

private:
    std::int64_t idle_behind() const;
    void measure_lead(const Moment& frame);
    void drop_frame();
    void drop_patch();

    Room* room_ = nullptr;
    Ring<Held<Moment>> frames_;        // by pts
    Ring<Held<PatchImages>> patches_;  // by pts
    Ring<SoundChunk> sound_;
    std::int64_t first_frame_ = 0;  // its pts
    std::int64_t begins_ = 0, samples_ = 0, waiting_ = 0;  // waiting: in sound_
    bool joined_ = false;
    bool sent_ = false;  // a frame: its pts and server_ns
    std::int64_t sent_pts_ = 0;
    std::uint64_t sent_ns_ = 0;
    bool anchored_ = false;  // the idle clock: pts and now_ns
    std::int64_t anchor_pts_ = 0, anchor_ns_ = 0;
};

}  // namespace talkwire
