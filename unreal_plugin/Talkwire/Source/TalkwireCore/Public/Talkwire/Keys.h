// What a client needs to reach a server with keys (CURVE, RFC 26), as `talkwire keys` makes them.
#pragma once

#include <string>

#include "Talkwire/Api.h"
#include "Talkwire/Problem.h"

namespace talkwire {

/// As a person gives them, both or neither: each the path of a file that `talkwire keys` wrote or, where no file has
/// this name, the 40 characters in it.
struct Keys {
    std::string key;         // the client's own secret: NAME.key
    std::string server_key;  // what the server is known by: server.pub

    bool empty() const { return key.empty() && server_key.empty(); }
};

/// 40 characters of Z85 (RFC 32) each.
struct CurveKeys {
    std::string secret, server_public;

    bool empty() const { return secret.empty(); }
};

/// Fails with `file` where either is missing, damaged, of the other half, or a secret that others can read. No secret is
/// ever in the problem.
TALKWIRECORE_API bool read_keys(const Keys& given, CurveKeys& out, Problem& problem);

}  // namespace talkwire
