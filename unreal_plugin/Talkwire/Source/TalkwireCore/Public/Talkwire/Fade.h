// Cuts that are not seen: from what was shown to what belongs there.
#pragma once

#include <cstdint>

#include "Talkwire/Api.h"
#include "Talkwire/Picture.h"

namespace talkwire {

/// One at a time, from the picture that would be on the screen at the moment when it begins.
class TALKWIRECORE_API Fade {
public:
    static constexpr double NEXT_S = 0.08;  // to another utterance, or back from rest
    static constexpr double CUT_S = 0.03;   // an interruption: gone at the third picture of a 60 Hz display
    static constexpr double REST_S = 0.3;   // to a face that does nothing, since nothing comes
    static constexpr double HEAD_S = 0.2;   // a head is heavier than lips: it takes so long in each of them

    /// The face takes face_s. An interruption's fade ends when it would, whatever it now leads to.
    void begin(double face_s, std::int64_t now_ns);

    /// What to show now where that picture belongs.
    Picture blend(const Picture& belongs, std::int64_t now_ns);

private:
    Picture to_;  // what belonged there last
    bool shown_ = false;
    Picture from_;
    bool under_way_ = false;
    std::int64_t since_ns_ = 0;
    double face_s_ = 0.0;
};

}  // namespace talkwire
