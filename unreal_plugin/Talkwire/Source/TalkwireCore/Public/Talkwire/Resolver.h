// What addresses a name has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "Talkwire/Api.h"

namespace talkwire {

/// An address as the system has it, without its port.
struct Address {
    alignas(8) unsigned char bytes[28] = {};  // sockaddr_in, sockaddr_in6
    int size = 0;

    /// In digits.
    TALKWIRECORE_API std::string text() const;
};

/// What addresses a name has. Names that are addresses, and localhost, are known at once. Others are asked of the
/// system by a thread of its own, as that can take a minute and cannot be called off; who does not want the answer any
/// more just goes.
class TALKWIRECORE_API Resolver {
public:
    enum class State : std::uint8_t { asking, known, unknown };

    explicit Resolver(const std::string& host);

    State state() const;
    /// The one for this try: they take turns. Only when it is known.
    Address address(std::size_t attempt) const;

private:
    struct Answer;
    std::shared_ptr<Answer> answer_;
};

}  // namespace talkwire
