// The words that stand on the wire for an enumeration, in its order; and what the codec's two halves share.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "Talkwire/Messages.h"
#include "Talkwire/Problem.h"

// What is done for every message, where a list of types cannot do it: explicit instantiations.
#define TALKWIRE_FOR_EACH_MESSAGE(DO)                                                                       \
    DO(Hello)                                                                                               \
    DO(Welcome)                                                                                             \
    DO(Open) DO(Opened) DO(Begin) DO(ChunkS16) DO(ChunkF32) DO(End) DO(Interrupt) DO(Interrupted)           \
        DO(Progress) DO(Ping) DO(Pong) DO(Close) DO(Closed) DO(Error) DO(Style) DO(Styled) DO(Load)         \
            DO(Loaded) DO(Unload) DO(Unloaded) DO(Mesh) DO(Texture) DO(Frame) DO(Audio) DO(Event) DO(Patch) \
                DO(Basis) DO(Coefficients) DO(Visemes)

namespace talkwire::fields {

inline constexpr std::array<std::string_view, 3> words_of(Codec) {
    return {"f32", "q16", "delta8"};
}
inline constexpr std::array<std::string_view, 4> words_of(ImageFormat) {
    return {"png", "jpeg", "bc1", "rgb"};
}
inline constexpr std::array<std::string_view, 4> words_of(LineState) {
    return {"queued", "speaking", "done", "interrupted"};
}
inline constexpr std::array<std::string_view, 4> words_of(EventKind) {
    return {"started", "ended", "interrupted", "closed"};
}

/// The value of a word, from `first` to `last`.
template <class E>
bool find_word(std::string_view text, E first, E last, E& out) {
    const auto words = words_of(first);
    for (std::size_t i = static_cast<std::size_t>(first); i < words.size() && i <= static_cast<std::size_t>(last); ++i) {
        if (words[i] == text) {
            out = static_cast<E>(i);
            return true;
        }
    }
    return false;
}

/// "png or jpeg or bc1"
template <class E>
std::string all_words(E first, E last) {
    const auto words = words_of(first);
    std::string out;
    for (std::size_t i = static_cast<std::size_t>(first); i < words.size() && i <= static_cast<std::size_t>(last); ++i) {
        out += (out.empty() ? "" : " or ") + std::string(words[i]);
    }
    return out;
}

/// The problem with a peer of another major version; false.
bool refuse_version(std::string_view theirs, Problem& problem);

}  // namespace talkwire::fields
