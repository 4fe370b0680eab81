#include "Talkwire/Zmtp.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace talkwire {

namespace {

constexpr std::uint8_t MORE = 1, LONG = 2, COMMAND = 4;
constexpr std::size_t FIRST_BYTES = 256 * 1024;  // taken for a message on its peer's word alone
constexpr std::size_t MAX_PING_CONTEXT_BYTES = 16;
constexpr std::size_t MAX_REASON_CHARS = 200;
constexpr const char* PEER_CURE = "check that it is a talkwire server, on the right port";

constexpr std::string_view READY = "\5READY", ERROR_ = "\5ERROR", PING = "\4PING", PONG = "\4PONG";
constexpr std::string_view JOIN = "\11SUBSCRIBE", LEAVE = "\6CANCEL";
constexpr std::string_view JOIN_BYTE{"\1", 1}, LEAVE_BYTE{"\0", 1};

Bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

bool begins(Bytes data, std::string_view with) {
    return data.size >= with.size() && std::memcmp(data.data, with.data(), with.size()) == 0;
}

std::uint64_t big_endian(const std::uint8_t* at, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
        value = value << 8 | at[i];
    }
    return value;
}

/// What a peer says of itself, up to a zero byte, for a person to read.
std::string printable(Bytes data) {
    std::string text;
    for (std::size_t i = 0; i < std::min(data.size, MAX_REASON_CHARS) && data.data[i] != 0; ++i) {
        text += data.data[i] >= 32 && data.data[i] < 127 ? static_cast<char>(data.data[i]) : '?';
    }
    return text;
}

/// Names of properties are compared without case (RFC 23).
bool is_socket_type(Bytes name) {
    constexpr std::string_view wanted = "socket-type";
    return name.size == wanted.size() && std::equal(wanted.begin(), wanted.end(), name.data, [](char a, std::uint8_t b) {
               return a == (b >= 'A' && b <= 'Z' ? b + 32 : b);
           });
}

bool broken(Problem& failure, std::string_view what, std::string_view seen, std::string_view wanted,
            std::string_view cure = PEER_CURE) {
    return refuse(failure, Problem::Kind::protocol, what, seen, wanted, cure);
}

}  // namespace

Zmtp::Zmtp(ZmtpRole role, std::size_t max_message_bytes, Pool pool)
    : role_(role), max_message_bytes_(max_message_bytes), pool_(std::move(pool)) {
    reset();
}

void Zmtp::reset() {
    failure_ = Problem();
    greeted_ = ready_ = in_body_ = is_command_ = false;
    peer_minor_ = 0;
    head_size_ = left_ = command_size_ = out_from_ = 0;
    message_.release();
    out_.assign(GREETING_BYTES, 0);
    out_[0] = 0xFF;
    out_[9] = 0x7F;
    out_[10] = 3;
    out_[11] = 1;
    std::memcpy(&out_[12], "NULL", 4);
}

std::size_t Zmtp::receive(Bytes data, Block& message) {
    std::size_t used = 0;
    while (!failure_) {
        if (in_body_ && left_ == 0) {
            in_body_ = false;
            if (!is_command_) {
                message = std::move(message_);
                message_.release();
                break;
            }
            obey({command_.data(), command_size_});
        } else if (used == data.size) {
            break;
        } else if (in_body_) {
            const Bytes more = data.part(used, left_);
            append(more);
            used += more.size;
            left_ -= more.size;
        } else {
            head_[head_size_++] = data.data[used++];
            if (greeted_ ? !take_head() : !take_greeting()) {
                break;
            }
        }
    }
    return used;
}

/// Looks at each byte as it comes: who is no ZeroMQ may never send 64. False when it is refused.
bool Zmtp::take_greeting() {
    const std::uint8_t last = head_[head_size_ - 1];
    if ((head_size_ == 1 && last != 0xFF) || (head_size_ == 10 && (last & 1) == 0)) {
        return broken(failure_, "this peer does not speak ZeroMQ", "other bytes", "a ZMTP greeting");
    }
    if (head_size_ == 11 && last < 3) {
        return broken(failure_, "the peer's ZeroMQ is too old", "ZMTP " + std::to_string(last), "ZMTP 3",
                      "update the server");
    }
    if (head_size_ < GREETING_BYTES) {
        return true;
    }
    const std::string mechanism = printable({&head_[12], 20});
    if (mechanism != "NULL") {
        return refuse(failure_, Problem::Kind::denied, "the server wants keys", mechanism, "NULL",
                      "give it Key and ServerKey, or connect through a tunnel to the server's loopback");
    }
    peer_minor_ = head_[10] > 3 ? 1 : head_[11];
    greeted_ = true;
    head_size_ = 0;
    const std::string_view kind = role_ == ZmtpRole::dealer ? "DEALER" : "SUB";
    std::string about = "\13Socket-Type";
    about.append(3, '\0').append(1, static_cast<char>(kind.size())).append(kind);
    return write(COMMAND, bytes_of(READY), bytes_of(about));
}

/// Of a frame: flags, and a length of one byte or of eight. False when it is refused.
bool Zmtp::take_head() {
    const std::uint8_t flags = head_[0];
    const bool command = (flags & COMMAND) != 0;
    if ((flags & ~(MORE | LONG | COMMAND)) != 0 || (command && (flags & MORE) != 0)) {
        return broken(failure_, "the peer breaks the framing of ZMTP", "flags " + std::to_string(flags), "0 to 6",
                      "check what is between this client and the server");
    }
    if ((flags & MORE) != 0) {
        return broken(failure_, "the peer sends a message of several parts", "more than one", "one part");
    }
    if (!command && !ready_) {
        return broken(failure_, "the peer sends before it has said who it is", "a message", "READY");
    }
    const std::size_t head_bytes = (flags & LONG) != 0 ? 9 : 2;
    if (head_size_ < head_bytes) {
        return true;
    }
    const std::uint64_t length = big_endian(&head_[1], head_bytes - 1);
    const std::size_t most = command ? MAX_COMMAND_BYTES : max_message_bytes_;
    if (length > most) {
        return broken(failure_, "the peer announces too long a message", std::to_string(length) + " bytes",
                      "at most " + std::to_string(most));
    }
    in_body_ = true;
    is_command_ = command;
    left_ = static_cast<std::size_t>(length);
    head_size_ = command_size_ = 0;
    if (!command) {
        message_ = pool_.take(std::min(left_, FIRST_BYTES));
        message_.set_size(0);
    }
    return true;
}

void Zmtp::append(Bytes data) {
    if (is_command_) {
        std::memcpy(&command_[command_size_], data.data, data.size);
        command_size_ += data.size;
        return;
    }
    const std::size_t size = message_.size(), grown = size + data.size;
    if (grown > message_.capacity()) {
        Block larger = pool_.take(std::max(grown, 2 * message_.capacity()));
        std::memcpy(larger.data(), message_.data(), size);
        message_ = std::move(larger);
    }
    std::memcpy(message_.data() + size, data.data, data.size);
    message_.set_size(grown);
}

void Zmtp::obey(Bytes command) {
    if (begins(command, READY)) {
        take_ready(command.part(READY.size()));
    } else if (begins(command, ERROR_)) {
        refuse(failure_, Problem::Kind::denied, "the server refused the connection",
               printable(command.part(ERROR_.size() + 1)), "READY", "see the server's log");
    } else if (!ready_) {
        broken(failure_, "the peer has not said who it is", "another command", "READY");
    } else if (begins(command, PING)) {
        const std::size_t before = PING.size() + 2;  // and a time to live
        if (command.size < before || command.size - before > MAX_PING_CONTEXT_BYTES) {
            broken(failure_, "the peer's PING makes no sense", std::to_string(command.size) + " bytes",
                   "a time and at most 16 more");
        } else {
            write(COMMAND, bytes_of(PONG), command.part(before));  // dropped where nobody takes what waits
        }
    }
}

void Zmtp::take_ready(Bytes properties) {
    const std::string wanted = role_ == ZmtpRole::dealer ? "ROUTER" : "XPUB";
    std::string kind = "none";
    while (!properties.empty()) {
        const std::size_t name = properties.data[0], value = 1 + name + 4;
        const std::uint64_t size = value <= properties.size ? big_endian(properties.data + 1 + name, 4) : 0;
        if (name == 0 || value > properties.size || size > properties.size - value) {
            broken(failure_, "the peer's READY makes no sense", "a property beyond its end", "names and values");
            return;
        }
        if (is_socket_type(properties.part(1, name))) {
            kind = printable(properties.part(value, static_cast<std::size_t>(size)));
        }
        properties = properties.part(value + static_cast<std::size_t>(size));
    }
    if (kind != wanted && !(role_ == ZmtpRole::sub && kind == "PUB")) {
        broken(failure_, "this port is another one of the server's", kind, wanted,
               "connect to its control port, 5556 unless it was told otherwise");
        return;
    }
    ready_ = true;
}

bool Zmtp::send(Bytes data) {
    return ready_ && write(0, {}, data);
}

bool Zmtp::subscribe(Bytes prefix, bool wanted) {
    if (!ready_) {
        return false;
    }
    if (peer_minor_ == 0) {
        return write(0, bytes_of(wanted ? JOIN_BYTE : LEAVE_BYTE), prefix);
    }
    return write(COMMAND, bytes_of(wanted ? JOIN : LEAVE), prefix);
}

bool Zmtp::write(std::uint8_t flags, Bytes first, Bytes data) {
    const std::size_t length = first.size + data.size, head = length > 255 ? 9 : 2;
    if (head + length > MAX_WAITING_BYTES - waiting().size) {
        return false;
    }
    if (out_from_ > 0 && out_from_ >= out_.size() / 2) {
        out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(out_from_));
        out_from_ = 0;
    }
    out_.push_back(static_cast<std::uint8_t>(head == 9 ? flags | LONG : flags));
    for (std::size_t shift = 8 * (head - 1); shift > 0; shift -= 8) {
        out_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(length) >> (shift - 8)));
    }
    out_.insert(out_.end(), first.data, first.data + first.size);
    out_.insert(out_.end(), data.data, data.data + data.size);
    return true;
}

void Zmtp::sent(std::size_t bytes) {
    out_from_ += bytes;
    if (out_from_ == out_.size()) {
        out_.clear();
        out_from_ = 0;
    }
}

}  // namespace talkwire
