#include "CurveConnection.h"

#include <array>
#include <cstring>
#include <deque>
#include <set>
#include <string>
#include <utility>

#include "CurveFault.h"
#include "Talkwire/Limits.h"

#ifndef TALKWIRE_LIBZMQ
#define TALKWIRE_LIBZMQ 0
#endif
#if TALKWIRE_LIBZMQ
#include <zmq.h>
#endif

namespace talkwire {

#if !TALKWIRE_LIBZMQ

class CurveContext {};

bool has_curve(Problem& problem) {
    return refuse(problem, CurveFault::not_built_in, {});
}

std::shared_ptr<CurveContext> curve_context(const CurveKeys&) {
    return nullptr;
}

std::unique_ptr<Connection> curve_connection(std::shared_ptr<CurveContext>, ZmtpRole, const Pool&) {
    return nullptr;
}

#else

namespace {

constexpr int EVENTS = ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                       ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
constexpr std::int64_t BOX_BYTES = 33;   // that CURVE adds to a message
constexpr std::size_t FRAME_BYTES = 2;   // at least, so that empty messages count
constexpr std::size_t PUBLIC_CHARS = 41;

struct Option {
    int name, value;
};
// No heartbeats: in libzmq their timer can end the process (zeromq/libzmq#4364); the session pings, and the system finds
// a peer whose machine is gone. Who is lost is closed at once, so that libzmq never connects again; were that switched
// off (-1), it would drop what had come last. What does not fit in a receiving queue waits in the network.
constexpr Option OPTIONS[] = {
    {ZMQ_LINGER, 0},        {ZMQ_RECONNECT_IVL, 3'600'000}, {ZMQ_SNDHWM, 16},             {ZMQ_RCVHWM, 256},
    {ZMQ_TCP_KEEPALIVE, 1}, {ZMQ_TCP_KEEPALIVE_IDLE, 2},    {ZMQ_TCP_KEEPALIVE_INTVL, 1}, {ZMQ_TCP_KEEPALIVE_CNT, 4},
    {ZMQ_TCP_MAXRT, 6'000},
};

void set(void* socket, int name, int value) {
    zmq_setsockopt(socket, name, &value, sizeof value);
}

/// What ZMQ_FD is for: its descriptor tells only that something has changed, so this is asked before each wait.
int events_of(void* socket) {
    int events = 0;
    std::size_t size = sizeof events;
    return socket != nullptr && zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 ? events : 0;
}

std::intptr_t handle_of(void* socket) {
    zmq_fd_t handle{};
    std::size_t size = sizeof handle;
    return zmq_getsockopt(socket, ZMQ_FD, &handle, &size) == 0 ? static_cast<std::intptr_t>(handle) : -1;
}

void close_socket(void*& socket) {
    if (socket != nullptr) {
        zmq_close(std::exchange(socket, nullptr));
    }
}

}  // namespace

class CurveContext {
public:
    explicit CurveContext(const CurveKeys& given) : keys(given), context(zmq_ctx_new()) {
        zmq_curve_public(client_public.data(), keys.secret.c_str());
    }
    CurveContext(const CurveContext&) = delete;
    CurveContext& operator=(const CurveContext&) = delete;
    ~CurveContext() {
        while (context != nullptr && zmq_ctx_term(context) != 0 && zmq_errno() == EINTR) {
        }
    }

    const CurveKeys keys;
    std::array<char, PUBLIC_CHARS> client_public{};
    void* const context;
    unsigned monitors = 0;
};

namespace {

class CurveConnection final : public Connection {
public:
    CurveConnection(std::shared_ptr<CurveContext> context, ZmtpRole role, const Pool& pool)
        : context_(std::move(context)), role_(role), pool_(pool) {}
    ~CurveConnection() override { close(); }

    Result connect(const Address& address, std::uint16_t port) override;
    void close() override;
    bool is_open() const override { return socket_ != nullptr; }
    bool is_ready() const override { return is_ready_; }
    bool send(Bytes data) override;
    bool subscribe(Bytes prefix, bool wanted) override;
    std::size_t waiting_bytes() const override { return waiting_bytes_; }
    Result flush() override;
    void finish(int most_ms) override;
    Result receive(Block& message, std::size_t& bytes) override;
    bool has_more() override;
    std::size_t interests(Waiter::Interest* into) const override;

private:
    bool set_up(const std::string& address);
    Result take(zmq_msg_t& part, Block& message);
    Result hear();
    void note(int event, std::uint32_t value);

    const std::shared_ptr<CurveContext> context_;
    const ZmtpRole role_;
    const Pool pool_;
    void* socket_ = nullptr;
    void* monitor_ = nullptr;  // what becomes of it
    bool is_ready_ = false, is_gone_ = false;
    std::deque<Buffer> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::set<std::string> topics_;
};

Connection::Result CurveConnection::connect(const Address& address, std::uint16_t port) {
    close();
    failure_ = Problem();
    const std::string host = address.text();
    const bool colons = host.find(':') != std::string::npos;
    socket_ = zmq_socket(context_->context, role_ == ZmtpRole::dealer ? ZMQ_DEALER : ZMQ_SUB);
    if (socket_ == nullptr || !set_up("inproc://talkwire-" + std::to_string(++context_->monitors))) {
        why_ = zmq_strerror(zmq_errno());
        return Result::lost;
    }
    set(socket_, ZMQ_IPV6, colons);
    const std::string where = "tcp://" + (colons ? "[" + host + "]" : host) + ":" + std::to_string(port);
    if (zmq_connect(socket_, where.c_str()) != 0) {
        why_ = zmq_strerror(zmq_errno());
        return Result::lost;
    }
    return Result::wait;
}

bool CurveConnection::set_up(const std::string& address) {
    for (const Option& option : OPTIONS) {
        set(socket_, option.name, option.value);
    }
    if (role_ == ZmtpRole::sub) {
        set(socket_, ZMQ_SNDHWM, 0);  // or subscriptions beyond it would be lost
    }
    const auto most = static_cast<std::int64_t>(MAX_MEDIA_BYTES) + BOX_BYTES;
    zmq_setsockopt(socket_, ZMQ_MAXMSGSIZE, &most, sizeof most);
    monitor_ = zmq_socket(context_->context, ZMQ_PAIR);
    if (monitor_ == nullptr) {
        return false;
    }
    set(monitor_, ZMQ_LINGER, 0);
    const CurveKeys& keys = context_->keys;
    return zmq_setsockopt(socket_, ZMQ_CURVE_SERVERKEY, keys.server_public.c_str(), keys.server_public.size() + 1) == 0 &&
           zmq_setsockopt(socket_, ZMQ_CURVE_PUBLICKEY, context_->client_public.data(), PUBLIC_CHARS) == 0 &&
           zmq_setsockopt(socket_, ZMQ_CURVE_SECRETKEY, keys.secret.c_str(), keys.secret.size() + 1) == 0 &&
           zmq_socket_monitor(socket_, address.c_str(), EVENTS) == 0 && zmq_connect(monitor_, address.c_str()) == 0;
}

void CurveConnection::close() {
    if (socket_ != nullptr) {
        zmq_socket_monitor(socket_, nullptr, 0);
    }
    close_socket(monitor_);
    close_socket(socket_);
    is_ready_ = is_gone_ = false;
    waiting_.clear();
    waiting_bytes_ = 0;
    topics_.clear();
}

bool CurveConnection::send(Bytes data) {
    if (!is_ready_ || data.size > Zmtp::MAX_WAITING_BYTES - waiting_bytes_) {
        return false;
    }
    waiting_.emplace_back(data.data, data.data + data.size);
    waiting_bytes_ += data.size;
    return true;
}

/// Again is for a server to hear: libzmq counts readers of a topic, and would tell of the last that leaves alone.
bool CurveConnection::subscribe(Bytes prefix, bool wanted) {
    const std::string topic(prefix.data, prefix.data + prefix.size);
    if (topics_.erase(topic) > 0) {
        zmq_setsockopt(socket_, ZMQ_UNSUBSCRIBE, topic.data(), topic.size());
    }
    if (wanted && is_ready_) {
        topics_.insert(topic);
        zmq_setsockopt(socket_, ZMQ_SUBSCRIBE, topic.data(), topic.size());
    }
    return is_ready_;
}

Connection::Result CurveConnection::flush() {
    while (!waiting_.empty()) {
        const Buffer& next = waiting_.front();
        if (zmq_send(socket_, next.data(), next.size(), ZMQ_DONTWAIT) < 0) {
            return Result::wait;
        }
        waiting_bytes_ -= next.size();
        waiting_.pop_front();
    }
    return Result::done;
}

void CurveConnection::finish(int most_ms) {
    set(socket_, ZMQ_LINGER, most_ms);
    close();
}

Connection::Result CurveConnection::receive(Block& message, std::size_t& bytes) {
    bytes = 0;
    zmq_msg_t part;
    zmq_msg_init(&part);
    if (zmq_msg_recv(&part, socket_, ZMQ_DONTWAIT) >= 0) {
        bytes = zmq_msg_size(&part) + FRAME_BYTES;
        const Result result = take(part, message);
        zmq_msg_close(&part);
        return result;
    }
    zmq_msg_close(&part);
    return is_gone_ ? Result::lost : hear();  // what came before it went was taken
}

Connection::Result CurveConnection::take(zmq_msg_t& part, Block& message) {
    if (zmq_msg_more(&part) != 0) {
        refuse(failure_, CurveFault::several_parts, {});
        return Result::lost;
    }
    const std::size_t size = zmq_msg_size(&part);
    message = pool_.take(size);
    std::memcpy(message.data(), zmq_msg_data(&part), size);
    message.set_size(size);
    return Result::done;
}

/// The next thing that has become of the connection: an event and its value, then an address.
Connection::Result CurveConnection::hear() {
    std::array<std::uint8_t, 6> event{};
    char address[1];
    const int size = zmq_recv(monitor_, event.data(), event.size(), ZMQ_DONTWAIT);
    if (size < 0) {
        return Result::wait;
    }
    zmq_recv(monitor_, address, sizeof address, ZMQ_DONTWAIT);
    note(load<std::uint16_t>(event.data(), 0), load<std::uint32_t>(event.data() + 2, 0));
    return Result::done;
}

void CurveConnection::note(int event, std::uint32_t value) {
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        is_ready_ = true;
    } else if (event == ZMQ_EVENT_CLOSED || event == ZMQ_EVENT_DISCONNECTED) {
        is_gone_ = true;
        why_ = is_ready_                   ? "the server closed the connection"
               : event == ZMQ_EVENT_CLOSED ? "nobody listens there, or hangs up at once, or there is no way there"
                                           : "somebody who does not speak ZeroMQ with keys";
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
        refuse(failure_, CurveFault::unknown_here, context_->client_public.data());
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
        refuse(failure_, CurveFault::hung_up, context_->keys.server_public);
    } else if (value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH) {
        refuse(failure_, CurveFault::has_no_keys, {});
    } else {
        refuse(failure_, CurveFault::broken, std::to_string(value));
    }
}

bool CurveConnection::has_more() {
    const int events = events_of(socket_);
    return is_gone_ || (events & ZMQ_POLLIN) != 0 || ((events & ZMQ_POLLOUT) != 0 && !waiting_.empty()) ||
           (events_of(monitor_) & ZMQ_POLLIN) != 0;
}

std::size_t CurveConnection::interests(Waiter::Interest* into) const {
    if (!is_open()) {
        return 0;
    }
    into[0] = {handle_of(socket_), false, false};
    into[1] = {handle_of(monitor_), false, false};
    return 2;
}

}  // namespace

bool has_curve(Problem& problem) {
    return zmq_has("curve") != 0 || refuse(problem, CurveFault::not_in_libzmq, {});
}

std::shared_ptr<CurveContext> curve_context(const CurveKeys& keys) {
    return std::make_shared<CurveContext>(keys);
}

std::unique_ptr<Connection> curve_connection(std::shared_ptr<CurveContext> context, ZmtpRole role, const Pool& pool) {
    return std::make_unique<CurveConnection>(std::move(context), role, pool);
}

#endif

}  // namespace talkwire
