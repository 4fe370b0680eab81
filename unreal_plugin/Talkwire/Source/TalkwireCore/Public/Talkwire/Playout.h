// The sound of the line that is heard: gathered until there is enough, given to the sink, followed, sped.
//
// An underrun is sound that ran out in mid-line. What comes then is gathered to the target again before it goes on: one
// pause, no stutter.
#pragma once

#include <cstdint>

#include "Talkwire/Api.h"
#include "Talkwire/Drift.h"
#include "Talkwire/JitterBuffer.h"
#include "Talkwire/Sink.h"
#include "Talkwire/Stats.h"
#include "Talkwire/Track.h"

namespace talkwire {

/// step() it whenever time has passed; heard() is the place in the line that is heard now.
class TALKWIRECORE_API Playout {
public:
    static constexpr double MAX_GAP_S = 10.0;  // of lost sound, filled with silence
    static constexpr double MOST_OFFSET_S = 1.0;
    static constexpr double MOST_GIVEN_S = 2.0;  // to the sink beyond what is heard

    /// offset_s: how much later than its sound a moment is shown; below 0, frames must come sooner. Brought within
    /// MOST_OFFSET_S.
    Playout(Sink& sink, JitterBuffer& buffer, Stats& stats, double offset_s);

    /// This line, which is ready, from its first sound on.
    void begin(Track& track, std::int64_t now_ns);
    /// Silence, after a fade.
    void stop();
    /// Another offset from now on.
    void set_offset(double offset_s);

    /// Else it is gathered.
    bool flowing() const { return flowing_; }
    /// What must have come beyond what is heard.
    double wanted_s() const { return buffer_.target_s() + early_s_; }
    /// How far both sound and frames reached beyond what is heard, when it was looked at last.
    double depth_ms() const { return depth_ms_; }

    /// Notice an underrun, end one, follow the sender's clock.
    void step(std::int64_t now_ns);

    /// The place in its line; before it begins, where it will. There must be one.
    std::int64_t heard(std::int64_t now_ns) const;
    /// The place in its line that is to be seen now. It goes on when the sound has ended.
    std::int64_t seen(std::int64_t now_ns) const;
    /// heard() in seconds; nothing of a line that is not on.
    double heard_s(const Track& track, std::int64_t now_ns) const;
    /// Whether the line was heard to its end.
    bool is_over(const Track& track, std::int64_t now_ns) const;
    /// Whether there is sound.
    bool is_heard(std::int64_t now_ns) const;

    /// Sound is missing before pts. Silence takes its place; where that is too late, a new beginning.
    void lost(Track& track, std::int64_t gap, std::int64_t pts, std::int64_t now_ns);

private:
    void flow(std::int64_t now_ns);
    void pour(std::int64_t now_ns);
    void steer(std::int64_t now_ns);

    Sink& sink_;
    JitterBuffer& buffer_;
    Stats& stats_;
    double offset_s_ = 0.0, early_s_ = 0.0, depth_ms_ = 0.0;
    Track* track_ = nullptr;
    bool flowing_ = false;
    bool open_ = false;       // the sink has a stream for it,
    std::int64_t given_ = 0;  // and so many samples
    std::int64_t dry_ns_ = 0;
    bool over_ = false;  // its end was heard, then:
    std::int64_t over_ns_ = 0;
    Drift drift_;
};

}  // namespace talkwire
