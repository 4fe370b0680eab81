// Where a server is, in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "Talkwire/Api.h"
#include "Talkwire/Problem.h"

namespace talkwire {

/// Where a server is.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    /// "tcp://host:port", "[host]" where it has colons.
    TALKWIRECORE_API std::string text() const;
};

/// Reads "tcp://127.0.0.1:5556". Fails with `link` when it is no such thing.
TALKWIRECORE_API bool parse_endpoint(std::string_view text, Endpoint& out, Problem& problem);

}  // namespace talkwire
