#include "Talkwire/Keys.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

#include "Files.h"

namespace talkwire {

namespace {

constexpr std::size_t KEY_CHARS = 40, MAX_FILE_BYTES = 4'096;
constexpr std::string_view Z85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::string_view BLANK = " \t\r\n\v\f";
constexpr const char* AGAIN = "get it again from where it was made, or make new ones with: talkwire keys new";

/// One of the two.
struct Half {
    const char *option, *kind, *end;
    bool is_secret;
};
constexpr Half OWN{"Key", "secret-key", ".key", true}, SERVERS{"ServerKey", "public-key", ".pub", false};

/// 32 bytes: each five characters are a number of four.
bool is_key(std::string_view text) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t digit = Z85.find(text[i]);
        value = (i % 5 == 0 ? 0 : value * 85) + digit;
        if (digit == std::string_view::npos || value > UINT32_MAX) {
            return false;
        }
    }
    return text.size() == KEY_CHARS;
}

/// The next word of a line; empty where there is none.
std::string_view next_word(std::string_view& line) {
    const std::size_t begin = line.find_first_not_of(BLANK);
    line = begin == std::string_view::npos ? std::string_view() : line.substr(begin);
    const std::string_view word = line.substr(0, line.find_first_of(BLANK));
    line = line.substr(word.size());
    return word;
}

bool parse(std::string_view text, const std::string& path, const Half& half, std::string& out, Problem& problem) {
    std::string_view kind, key;
    std::size_t lines = 0;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text = text.substr(line.size() < text.size() ? line.size() + 1 : line.size());
        std::string_view rest = line;
        const std::string_view first = next_word(rest), second = next_word(rest);
        if (first.empty() || line[0] == '#') {
            continue;
        }
        ++lines;
        kind = first;
        key = next_word(rest).empty() ? second : std::string_view();
    }
    if (lines != 1 || !is_key(key) || (kind != OWN.kind && kind != SERVERS.kind)) {
        return refuse(problem, Problem::Kind::file, path + " is damaged",
                      lines == 1 ? "a line that is no key" : std::to_string(lines) + " lines, none of them a whole key",
                      "one line: public-key or secret-key, and 40 characters", AGAIN);
    }
    if (kind != half.kind) {
        return refuse(problem, Problem::Kind::file, path + " holds the wrong half of a pair", "a " + std::string(kind),
                      std::string("a ") + half.kind, std::string("give the ") + half.end + " file");
    }
    out = std::string(key);
    return true;
}

/// A file, or what is in one.
bool read(const std::string& given, const Half& half, std::string& out, Problem& problem) {
    const bool is_place = is_waiting_place(given);
    std::FILE* const file = is_place ? nullptr : open_file(given, false);
    if (file == nullptr) {
        const std::string reason = is_place ? "no file, but a pipe or a device" : why(errno);
        if (is_key(given)) {
            out = given;
            return true;
        }
        const std::string_view end(half.end);  // what does not end so may be a secret that was cut
        const bool is_path = given.size() > end.size() && given.substr(given.size() - end.size()) == end;
        return refuse(problem, Problem::Kind::file, (is_path ? given : half.option) + std::string(" cannot be read"),
                      is_path ? reason : std::to_string(given.size()) + " characters, and no file of this name",
                      std::string("the path of a ") + half.end + " file, or the 40 characters in it",
                      "check the path, or run: talkwire keys new");
    }
    std::array<char, MAX_FILE_BYTES + 1> text;
    const std::size_t size = std::fread(text.data(), 1, text.size(), file);
    const bool is_broken = std::ferror(file) != 0 || size > MAX_FILE_BYTES, is_open = others_can_read(file);
    std::fclose(file);
    if (is_broken) {
        return refuse(problem, Problem::Kind::file, given + " is damaged", "no text, or too much of it", "a key file", AGAIN);
    }
    if (!parse({text.data(), size}, given, half, out, problem)) {
        return false;
    }
    return !half.is_secret || !is_open ||
           refuse(problem, Problem::Kind::file, "others can read the secret in " + given, "a file that is open to them",
                  "one of its owner's alone", "run: chmod 600 " + given);
}

}  // namespace

bool read_keys(const Keys& given, CurveKeys& out, Problem& problem) {
    if (given.key.empty() || given.server_key.empty()) {
        return refuse(problem, Problem::Kind::file, "a server with keys is reached by two of them",
                      given.key.empty() ? "ServerKey alone" : "Key alone", "both Key and ServerKey",
                      "give the client's own .key, and the server's .pub");
    }
    CurveKeys read_in;
    if (!read(given.key, OWN, read_in.secret, problem) ||
        !read(given.server_key, SERVERS, read_in.server_public, problem)) {
        return false;
    }
    out = std::move(read_in);
    return true;
}

}  // namespace talkwire
