#include "Talkwire/Topic.h"

#include <string>

#include "FieldChecks.h"
#include "MessageWords.h"
#include "Talkwire/Limits.h"

namespace talkwire {

namespace {

struct Row {
    std::string_view name;
    bool motion;
};

constexpr Row PLANES[PLANE_COUNT] = {
    {"mesh", false},        {"texture", false},   {"texture/bc1", false}, {"audio", false},
    {"event", false},       {"basis", false},     {"frame/f32", true},    {"frame/q16", true},
    {"frame/delta8", true}, {"frame/q16n", true}, {"frame/basis", true},  {"frame/arkit", true},
    {"viseme", true},       {"patch", true},      {"patch/bc1", true},
    {"patch/rgb", true},
};

constexpr std::string_view PREFIX = "tw1/";
static_assert(PROTOCOL_MAJOR == 1, "a topic begins with the major version");

/// The major version that a topic begins with; false where it begins with none.
bool major_of(std::string_view topic, unsigned& major) {
    if (topic.substr(0, 2) != "tw") {
        return false;
    }
    major = 0;
    std::size_t at = 2;
    for (; at < topic.size() && at < 7 && topic[at] >= '0' && topic[at] <= '9'; ++at) {
        major = 10 * major + static_cast<unsigned>(topic[at] - '0');
    }
    return at > 2 && at < topic.size() && topic[at] == '/';
}

bool refuse_topic(std::string_view seen, Problem& problem) {
    std::string shown = "'";
    for (const char c : seen.substr(0, 24)) {
        shown += c >= ' ' && c <= '~' ? c : '?';
    }
    return refuse(problem, Problem::Kind::protocol, "this is not a media message of talkwire", shown + "'",
                  "a topic like 'tw1/nova/audio\\0'", "check that the peer is talkwire, on the right port");
}

}  // namespace

std::string_view plane_name(Plane plane) {
    return PLANES[static_cast<std::size_t>(plane)].name;
}

bool plane_of(std::string_view name, Plane& plane) {
    for (std::size_t i = 0; i < PLANE_COUNT; ++i) {
        if (PLANES[i].name == name) {
            plane = static_cast<Plane>(i);
            return true;
        }
    }
    return false;
}

bool is_motion(Plane plane) {
    return PLANES[static_cast<std::size_t>(plane)].motion;
}

bool is_session_name(std::string_view name) {
    return fields::is_like(name, fields::SESSION);
}

bool topic(std::string_view session, Plane plane, Buffer& out) {
    out.clear();
    if (!is_session_name(session)) {
        return false;
    }
    for (const std::string_view part : {PREFIX, session, std::string_view("/"), plane_name(plane)}) {
        out.insert(out.end(), part.begin(), part.end());
    }
    out.push_back(0);
    return true;
}

bool split_topic(Bytes part, Split& out, Problem& problem) {
    const std::size_t most = part.size < MAX_TOPIC_BYTES ? part.size : MAX_TOPIC_BYTES;
    const std::string_view start(reinterpret_cast<const char*>(part.data), most);
    const std::size_t zero = start.find('\0');
    const std::string_view head = start.substr(0, zero);  // all of it where there is no zero
    const std::size_t slash = head.find('/', PREFIX.size());
    if (zero != std::string_view::npos && slash != std::string_view::npos &&
        head.substr(0, PREFIX.size()) == PREFIX) {
        out.session = head.substr(PREFIX.size(), slash - PREFIX.size());
        if (is_session_name(out.session) && plane_of(head.substr(slash + 1), out.plane)) {
            out.body = Bytes(part.data + zero + 1, part.size - zero - 1);
            return true;
        }
    }
    unsigned major = PROTOCOL_MAJOR;
    if (major_of(head, major) && major != PROTOCOL_MAJOR) {
        return fields::refuse_version(std::to_string(major), problem);
    }
    return refuse_topic(head, problem);
}

}  // namespace talkwire
