// What must hold between the fields of a message, each of which is right by itself.
#pragma once

#include "Talkwire/Messages.h"
#include "Talkwire/Problem.h"

namespace talkwire::fields {

/// Most messages: nothing.
template <class Message>
bool agree(const Message&, Problem&) {
    return true;
}

/// Arrays agree on V, indices point into it, parts follow each other, the box has a volume.
bool agree(const Mesh& mesh, Problem& problem);
/// As many bytes of BC1 or RGB as the size says.
bool agree(const Texture& texture, Problem& problem);
bool agree(const Patch& patch, Problem& problem);
/// The codec's byte count, a unit quaternion, and no NaN among float vertices.
bool agree(const Frame& frame, Problem& problem);
/// A unit quaternion.
bool agree(const Coefficients& frame, Problem& problem);
/// Blocks lie within the vertices and the coefficients, and there is as much of all as they say.
bool agree(const Basis& basis, Problem& problem);

}  // namespace talkwire::fields
