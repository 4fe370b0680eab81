#include "Json.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "Talkwire/MsgPack.h"

namespace talkwire {

namespace {

constexpr int MAX_DEPTH = 64;

void write_string(std::string_view text, std::string& out) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x",
                          static_cast<unsigned>(static_cast<unsigned char>(c)));
            out += escape;
        } else {
            out += c;
        }
    }
    out += '"';
}

void write_utf8(std::uint32_t code, std::string& out) {
    if (code < 0x80) {
        out += static_cast<char>(code);
        return;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static constexpr std::uint32_t HEADS[] = {0, 0xc0, 0xe0, 0xf0};
    out += static_cast<char>(HEADS[more] | code >> (6 * more));
    for (int i = more - 1; i >= 0; --i) {
        out += static_cast<char>(0x80 | (code >> (6 * i) & 0x3f));
    }
}

}  // namespace

class Json::Reader {
public:
    Reader(std::string_view text, std::string& why) : text_(text), why_(why) {}

    bool whole_text(Json& out) {
        if (!value(out, 0)) {
            return false;
        }
        blanks();
        return at_ == text_.size() || fail("something after the value");
    }

private:
    bool fail(const char* what) {
        why_ = std::string(what) + " at byte " + std::to_string(at_);
        return false;
    }
    void blanks() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
            ++at_;
        }
    }
    bool take(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) {
            return false;
        }
        at_ += word.size();
        return true;
    }

    bool value(Json& out, int depth) {
        blanks();
        if (depth > MAX_DEPTH) {
            return fail("too deep a value");
        }
        out = Json();
        if (take("null")) {
            return true;
        }
        if (take("true") || take("false")) {
            out = boolean(text_[at_ - 2] == 'u');
            return true;
        }
        if (take("\"")) {
            out.kind_ = Kind::string;
            return string(out.text_);
        }
        if (take("[")) {
            return array(out, depth);
        }
        if (take("{")) {
            return object(out, depth);
        }
        return number(out);
    }

    bool array(Json& out, int depth) {
        out.kind_ = Kind::array;
        blanks();
        if (take("]")) {
            return true;
        }
        do {
            out.items_.emplace_back();
            if (!value(out.items_.back(), depth + 1)) {
                return false;
            }
            blanks();
        } while (take(","));
        return take("]") || fail("no end of an array");
    }

    bool object(Json& out, int depth) {
        out.kind_ = Kind::object;
        blanks();
        if (take("}")) {
            return true;
        }
        do {
            out.members_.emplace_back();
            blanks();
            if (!take("\"") || !string(out.members_.back().first)) {
                return fail("no name");
            }
            blanks();
            if (!take(":")) {
                return fail("no colon");
            }
            if (!value(out.members_.back().second, depth + 1)) {
                return false;
            }
            blanks();
        } while (take(","));
        return take("}") || fail("no end of an object");
    }

    bool hexadecimal(std::uint32_t& code) {
        code = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            const std::size_t digit =
                at_ < text_.size()
                    ? std::string_view("0123456789abcdef").find(static_cast<char>(text_[at_] | 0x20))
                    : std::string_view::npos;
            if (digit == std::string_view::npos) {
                return fail("no four hexadecimal digits");
            }
            code = code << 4 | static_cast<std::uint32_t>(digit);
        }
        return true;
    }

    bool string(std::string& out) {
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '"') {
                std::size_t characters = 0;
                return is_utf8(out, characters) || fail("a string that is not UTF-8");
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                return fail("a control character in a string");
            }
            if (c != '\\') {
                out += c;
                continue;
            }
            static constexpr std::string_view LETTERS = "\"\\/bfnrt", MEANT = "\"\\/\b\f\n\r\t";
            const char escape = at_ < text_.size() ? text_[at_++] : '\0';
            const std::size_t known = LETTERS.find(escape);
            if (known != std::string_view::npos) {
                out += MEANT[known];
                continue;
            }
            std::uint32_t code = 0, low = 0;
            if (escape != 'u' || !hexadecimal(code)) {
                return fail("an unknown escape");
            }
            if (code >= 0xd800 && code < 0xdc00) {
                if (!take("\\u") || !hexadecimal(low) || low < 0xdc00 || low > 0xdfff) {
                    return fail("half a character");
                }
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            }
            write_utf8(code, out);
        }
        return fail("no end of a string");
    }

    bool number(Json& out) {
        const std::size_t start = at_;
        while (at_ < text_.size() &&
               std::string_view("+-.eE0123456789").find(text_[at_]) != std::string_view::npos) {
            ++at_;
        }
        const std::string digits(text_.substr(start, at_ - start));
        char* end = nullptr;
        out.kind_ = Kind::number;
        out.number_ = std::strtod(digits.c_str(), &end);
        if (digits.empty() || *end != '\0') {
            return fail("no value");
        }
        errno = 0;
        out.whole_ = std::strtoll(digits.c_str(), &end, 10);
        out.is_whole_ = *end == '\0' && errno == 0;
        return true;
    }

    std::string_view text_;
    std::string& why_;
    std::size_t at_ = 0;
};

Json Json::boolean(bool value) {
    Json out;
    out.kind_ = Kind::boolean;
    out.bool_ = value;
    return out;
}

Json Json::number(double value) {
    Json out;
    out.kind_ = Kind::number;
    out.number_ = value;
    return out;
}

Json Json::whole(std::int64_t value) {
    Json out = number(static_cast<double>(value));
    out.whole_ = value;
    out.is_whole_ = true;
    return out;
}

Json Json::string(std::string_view value) {
    Json out;
    out.kind_ = Kind::string;
    out.text_ = std::string(value);
    return out;
}

Json Json::array() {
    Json out;
    out.kind_ = Kind::array;
    return out;
}

Json Json::object() {
    Json out;
    out.kind_ = Kind::object;
    return out;
}

bool Json::read(std::string_view text, Json& out, std::string& why) {
    return Reader(text, why).whole_text(out);
}

bool Json::as_bool(bool otherwise) const {
    return kind_ == Kind::boolean ? bool_ : otherwise;
}

double Json::as_double(double otherwise) const {
    return kind_ == Kind::number ? number_ : otherwise;
}

std::int64_t Json::as_whole(std::int64_t otherwise) const {
    if (kind_ != Kind::number) {
        return otherwise;
    }
    return is_whole_ ? whole_ : static_cast<std::int64_t>(std::llround(number_));
}

namespace {
const Json NOTHING;
}

const Json& Json::operator[](std::size_t i) const {
    return i < items_.size() ? items_[i] : NOTHING;
}

const Json& Json::operator[](std::string_view name) const {
    for (const auto& member : members_) {
        if (member.first == name) {
            return member.second;
        }
    }
    return NOTHING;
}

bool Json::has(std::string_view name) const {
    return &(*this)[name] != &NOTHING;
}

std::string Json::text() const {
    std::string out;
    write(out);
    return out;
}

void Json::write(std::string& out) const {
    char digits[40];
    switch (kind_) {
        case Kind::null: out += "null"; break;
        case Kind::boolean: out += bool_ ? "true" : "false"; break;
        case Kind::string: write_string(text_, out); break;
        case Kind::number:
            if (is_whole_) {
                std::snprintf(digits, sizeof digits, "%lld", static_cast<long long>(whole_));
            } else if (!std::isfinite(number_)) {
                std::snprintf(digits, sizeof digits, "null");
            } else {
                std::snprintf(digits, sizeof digits, "%.17g", number_);
            }
            out += digits;
            break;
        case Kind::array:
            out += '[';
            for (std::size_t i = 0; i < items_.size(); ++i) {
                out += i ? ", " : "";
                items_[i].write(out);
            }
            out += ']';
            break;
        case Kind::object:
            out += '{';
            for (std::size_t i = 0; i < members_.size(); ++i) {
                out += i ? ", " : "";
                write_string(members_[i].first, out);
                out += ": ";
                members_[i].second.write(out);
            }
            out += '}';
            break;
    }
}

}  // namespace talkwire
