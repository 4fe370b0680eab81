// One moment as it is shown, and the way from one to another.
#pragma once

#include <cstdint>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"
#include "Talkwire/Held.h"
#include "Talkwire/Limits.h"
#include "Talkwire/Messages.h"
#include "Talkwire/Shape.h"
#include "Talkwire/Vertices.h"

namespace talkwire {

/// The rectangles of the texture at one moment: a Patch that outlives its message.
struct PatchImages {
    std::uint32_t utterance = 0;
    std::int64_t pts = 0;
    List<Patch::Rectangle, MAX_PATCHES> patches;  // images are views into `bytes`
    Block bytes;
};

/// What is shown. Copying it copies references, and takes no memory; a copy may go to another thread.
struct Picture {
    std::uint32_t utterance = 0, generation = 0;
    bool idle = true;
    bool at_rest = false;  // nothing of its moment is there
    double time_s = 0.0;   // the moment of the utterance that it shows
    double heard_s = 0.0;  // the one that was heard
    Face face;
    Shape shape;              // the vertices; empty for a reader of weights alone
    Held<PatchImages> patch;  // the newest at that moment, or none

    /// The same head with a face that does nothing. neutral: the head's shape then.
    TALKWIRECORE_API Picture resting(const Shape& neutral) const;
    /// The same, kept for one of which there is no picture.
    TALKWIRECORE_API Picture held_for(std::uint32_t utterance, std::uint32_t generation, bool idle) const;
    /// This one for shares 0, the other for shares 1; identity, times and patch are the other's.
    TALKWIRECORE_API Picture towards(const Picture& other, float face_share, float head_share) const;
};

/// Linear: share 0 is a and share 1 is b. The rotation has length 1.
TALKWIRECORE_API Face mix(const Face& a, const Face& b, float face_share, float head_share);

}  // namespace talkwire
