// The screen: the picture of what is on, a face at rest where nothing comes, and the way between.
#pragma once

#include <cstdint>

#include "Talkwire/Api.h"
#include "Talkwire/Fade.h"
#include "Talkwire/Lapse.h"
#include "Talkwire/Picture.h"

namespace talkwire {

class TALKWIRECORE_API Screen {
public:
    /// What was shown last; null where nothing was.
    const Picture* shown() const { return any_ ? &shown_ : nullptr; }

    /// Another utterance from here on.
    void next(std::int64_t now_ns) { fade_.begin(Fade::NEXT_S, now_ns); }

    /// What was is void.
    void cut(std::int64_t now_ns);

    /// Time has passed. missing: what should follow has not come.  far: it is of a moment that is far from this one.
    /// To be called once for each picture, before show().
    bool rests(bool missing, bool far, std::int64_t now_ns);

    /// picture: what belongs there, or is held.
    void show(const Picture& picture, std::int64_t now_ns);

private:
    Picture shown_;
    bool any_ = false;
    Fade fade_;
    Lapse lapse_;
};

}  // namespace talkwire
