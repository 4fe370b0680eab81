#include "Talkwire/Resolver.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "System.h"

namespace talkwire {

namespace {

Address address_of(const sockaddr* from, std::size_t size) {
    Address address;
    address.size = static_cast<int>(std::min(size, sizeof address.bytes));
    std::memcpy(address.bytes, from, static_cast<std::size_t>(address.size));
    return address;
}

/// IPv4 first, which is what a server listens at unless it was told otherwise.
std::vector<Address> look_up(const std::string& host, int flags) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = flags;
    addrinfo* found = nullptr;
    std::vector<Address> addresses;
    if (getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) {
        return addresses;
    }
    for (const int family : {AF_INET, AF_INET6}) {
        for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
            if (one->ai_family == family) {
                addresses.push_back(address_of(one->ai_addr, static_cast<std::size_t>(one->ai_addrlen)));
            }
        }
    }
    freeaddrinfo(found);
    return addresses;
}

}  // namespace

std::string Address::text() const {
    char host[128] = "";
    getnameinfo(reinterpret_cast<const sockaddr*>(bytes), static_cast<Length>(size), host, sizeof host, nullptr, 0,
                NI_NUMERICHOST);
    return host;
}

struct Resolver::Answer {
    std::mutex lock;
    State state = State::asking;
    std::vector<Address> addresses;

    void give(std::vector<Address> found) {
        std::lock_guard<std::mutex> hold(lock);
        addresses = std::move(found);
        state = addresses.empty() ? State::unknown : State::known;
    }
};

Resolver::Resolver(const std::string& host) : answer_(std::make_shared<Answer>()) {
    begin_network();
    std::vector<Address> known = look_up(host == "localhost" ? "127.0.0.1" : host, AI_NUMERICHOST);
    if (!known.empty()) {
        answer_->give(std::move(known));
        return;
    }
    std::thread([answer = answer_, host] { answer->give(look_up(host, 0)); }).detach();
}

Resolver::State Resolver::state() const {
    std::lock_guard<std::mutex> hold(answer_->lock);
    return answer_->state;
}

Address Resolver::address(std::size_t attempt) const {
    std::lock_guard<std::mutex> hold(answer_->lock);
    return answer_->addresses[attempt % answer_->addresses.size()];
}

}  // namespace talkwire
