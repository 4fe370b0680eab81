// An error as a value: what is wrong, what was seen, what was wanted, and the cure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "Talkwire/Api.h"

namespace talkwire {

struct Problem {
    enum class Kind : std::uint8_t {
        none,
        protocol,  // a peer's bytes make no sense
        version,   // a peer speaks another major version
        greet,     // a request of a connection that the server does not know (any more)
        denied,    // a token that the server refuses
        link,      // nobody answers, or the connection is lost
        server,    // what the server reports of an NPC: audio, avatar, engine, style
        file,      // a file cannot be read or written
    };

    Kind kind = Kind::none;
    std::string what, seen, wanted, cure;

    explicit operator bool() const { return kind != Kind::none; }
    /// All of it in one sentence, as every talkwire program says it.
    TALKWIRECORE_API std::string sentence() const;
};

/// Fill a problem and return false, for `return refuse(problem, ...)`. Allocates: errors are rare.
TALKWIRECORE_API bool refuse(Problem& problem, Problem::Kind kind, std::string_view what,
                             std::string_view seen, std::string_view wanted, std::string_view cure);

/// The same for a field that holds the wrong thing.
TALKWIRECORE_API bool refuse_field(Problem& problem, std::string_view where, std::string_view seen,
                                   std::string_view wanted);

/// The word for a kind: "protocol", "version", ...
TALKWIRECORE_API const char* word(Problem::Kind kind);

}  // namespace talkwire
