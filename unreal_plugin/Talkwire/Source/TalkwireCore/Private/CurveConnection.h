// A connection with keys (CURVE, RFC 26), by libzmq: in builds that have it, which TALKWIRE_LIBZMQ says.
#pragma once

#include <memory>

#include "Talkwire/Connection.h"
#include "Talkwire/Keys.h"
#include "Talkwire/Zmtp.h"

namespace talkwire {

/// Whether this build can. Fails with `link`.
bool has_curve(Problem& problem);

/// What the connections of a link share: libzmq's threads. They end with the last connection.
class CurveContext;
std::shared_ptr<CurveContext> curve_context(const CurveKeys& keys);

/// Only where this build can.
std::unique_ptr<Connection> curve_connection(std::shared_ptr<CurveContext> context, ZmtpRole role, const Pool& pool);

}  // namespace talkwire
