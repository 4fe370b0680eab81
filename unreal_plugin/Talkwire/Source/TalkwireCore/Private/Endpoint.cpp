#include "Talkwire/Endpoint.h"

#include <algorithm>

namespace talkwire {

std::string Endpoint::text() const {
    const bool colons = host.find(':') != std::string::npos;
    return "tcp://" + (colons ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool parse_endpoint(std::string_view text, Endpoint& out, Problem& problem) {
    constexpr std::string_view scheme = "tcp://";
    const std::size_t colon = text.rfind(':');
    const bool begins = text.substr(0, scheme.size()) == scheme && colon != std::string_view::npos && colon > scheme.size();
    std::string_view host = begins ? text.substr(scheme.size(), colon - scheme.size()) : std::string_view();
    const std::string_view digits = begins ? text.substr(colon + 1) : std::string_view();
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    unsigned port = 0;
    for (const char digit : digits.substr(0, 6)) {
        port = digit >= '0' && digit <= '9' ? 10 * port + static_cast<unsigned>(digit - '0') : 65'536;
        port = std::min(port, 65'536u);
    }
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    if (host.empty() || host.size() > 255 || (!bracketed && host.find(':') != std::string_view::npos) ||
        host.find('\0') != std::string_view::npos || port < 1 || port > 65'535 || digits.size() > 5) {
        return refuse(problem, Problem::Kind::link, "this is not an address to connect to", text.substr(0, 100),
                      "something like tcp://127.0.0.1:5556", "check the server's address");
    }
    out.host = std::string(host);
    out.port = static_cast<std::uint16_t>(port);
    return true;
}

}  // namespace talkwire
