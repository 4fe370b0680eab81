// From frames to a picture: drawn between the frames around its moment.
#pragma once

#include <cstdint>
#include <memory>

#include "Talkwire/Api.h"
#include "Talkwire/Messages.h"
#include "Talkwire/Picture.h"
#include "Talkwire/Pool.h"
#include "Talkwire/Track.h"

namespace talkwire {

/// What never changes of a head, and what its frames become with it.
class TALKWIRECORE_API Poser {
public:
    /// pool: where frames are kept.
    explicit Poser(const Pool& pool) : pool_(pool) {}

    /// Where the vertices of frames belong. Allocates, unless it says what is known already.
    void take(const std::shared_ptr<const Head>& head);
    /// For frames that are coefficients.
    void take(const std::shared_ptr<const BasisSum>& basis) { basis_ = basis; }

    /// The head; null while it is not known.
    const std::shared_ptr<const Head>& head() const { return head_; }
    /// The head that does nothing.
    Shape neutral() const { return Shape::neutral(head_); }

    /// A frame as it is kept: what it says, copied. False where its vertices cannot be made out.
    bool keep(const Frame& message, Held<Moment>& kept);
    bool keep(const Coefficients& message, Held<Moment>& kept);

    /// Whether there is a frame of it and all that it needs.
    bool can(const Track& track) const;
    /// Of that moment; what lies before is forgotten. shown: its patch stays until the track has one.
    Picture picture(Track& track, std::int64_t moment, std::int64_t heard, const Picture* shown);

private:
    bool knows(const TopologyId& topology_id, std::uint32_t vertex_count) const;
    bool unpack(const Frame& message, Moment& moment);
    Shape shape(const Held<Moment>& moment);

    Pool pool_;
    std::shared_ptr<const Head> head_;
    std::shared_ptr<const BasisSum> basis_;
    Vertices vertices_;  // of delta8, which is unpacked when it comes
};

}  // namespace talkwire
