// What a player measures. Percentiles over a bounded number of the latest values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "Talkwire/Api.h"
#include "Talkwire/Shape.h"

namespace talkwire {

/// The latest KEPT values. Its memory is taken at once.
class TALKWIRECORE_API Samples {
public:
    static constexpr std::size_t KEPT = 4'096;  // a minute at 60 a second

    Samples() : values_(KEPT) {}

    /// One more; the oldest gives way.
    void add(double value) { values_[count_++ % KEPT] = static_cast<float>(value); }
    std::size_t size() const { return count_ < KEPT ? count_ : KEPT; }
    /// From 0 to 1: the least to the greatest; between two values along a straight line. NaN where there are none.
    double percentile(double share) const;

private:
    std::vector<float> values_;
    std::size_t count_ = 0;
};

/// Counters and samples; times in ms.
///
/// sent counts by sequence numbers, so it includes what never arrived; late frames came after the sound of their moment
/// was heard. av_error is |moment shown - moment heard| when a picture of a line comes on the screen, av_signed the
/// same with its sign, positive where the sound is early, as ITU-R BT.1359 has it; av_held is the error just before the
/// picture is replaced, so it includes the display's own period. All three are beyond the A/V offset that was asked
/// for. rested counts pictures of a face at rest while sound went on without frames: they show no moment, and have no
/// error. underruns are sounds that ran out in mid-line, and rebuffered how long it then took until they went on.
/// refused are frames whose vertices could not be made out.
struct TALKWIRECORE_API Stats {
    std::int64_t sent = 0, received = 0, late = 0, pictures = 0, rested = 0, sound_gaps = 0, underruns = 0, refused = 0;
    Samples transit_ms, av_error_ms, av_signed_ms, av_held_ms, first_frame_ms, rebuffered_ms, buffer_target_ms,
        buffer_depth_ms;

    /// Frames that were sent and never arrived.
    std::int64_t dropped() const { return sent - received; }

    /// A frame has arrived.
    void frame(const Moment& frame, double transit_ms, bool is_late, std::int64_t now_ns);
    /// The server began a line whose first audio it heard then (receiver's clock).
    void line_started(std::uint32_t utterance, std::int64_t heard_ns);
    /// A picture of a line is on the screen: moment shown - moment heard.
    void displayed(double error_s);
    /// The same just before the picture is replaced: its worst moment.
    void held(double error_s);

private:
    bool any_ = false;  // a frame: of which utterance, and which is next
    std::uint32_t utterance_ = 0;
    std::int64_t next_seq_ = 0;
    bool began_ = false;  // a line without a frame so far: which, and when its audio was heard
    std::uint32_t began_utterance_ = 0;
    std::int64_t began_ns_ = 0;
};

}  // namespace talkwire
