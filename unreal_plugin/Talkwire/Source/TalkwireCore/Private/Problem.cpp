#include "Talkwire/Problem.h"

#include <cstddef>

namespace talkwire {

std::string Problem::sentence() const {
    return what + ": saw " + seen + ", wanted " + wanted + "; " + cure;
}

bool refuse(Problem& problem, Problem::Kind kind, std::string_view what, std::string_view seen,
            std::string_view wanted, std::string_view cure) {
    problem.kind = kind;
    problem.what.assign(what);
    problem.seen.assign(seen);
    problem.wanted.assign(wanted);
    problem.cure.assign(cure);
    return false;
}

bool refuse_field(Problem& problem, std::string_view where, std::string_view seen, std::string_view wanted) {
    return refuse(problem, Problem::Kind::protocol, std::string(where) + " is wrong", seen, wanted,
                  "see bridge/PROTOCOL.md");
}

const char* word(Problem::Kind kind) {
    static const char* const words[] = {"none",   "protocol", "version", "greet",
                                        "denied", "link",     "server",  "file"};
    return words[static_cast<std::size_t>(kind)];
}

}  // namespace talkwire
