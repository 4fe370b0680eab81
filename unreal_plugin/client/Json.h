// JSON for the console programs and the tests: values as a tree, read strictly and written compactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace talkwire {

class Json {
public:
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

    Json() = default;
    static Json boolean(bool value);
    static Json number(double value);
    static Json whole(std::int64_t value);
    static Json string(std::string_view value);
    static Json array();
    static Json object();

    /// The text's value. False, and `why` with its place, when it is not exactly one.
    static bool read(std::string_view text, Json& out, std::string& why);

    Kind kind() const { return kind_; }
    bool is_null() const { return kind_ == Kind::null; }

    /// Of a boolean, a number, a string; what is given where it is none.
    bool as_bool(bool otherwise = false) const;
    double as_double(double otherwise = 0) const;
    std::int64_t as_whole(std::int64_t otherwise = 0) const;  // exact, as far as it was written as an integer
    const std::string& as_string() const { return text_; }

    /// Of an array or object: how many.
    std::size_t size() const { return kind_ == Kind::object ? members_.size() : items_.size(); }
    const Json& operator[](std::size_t i) const;          // null beyond the end
    const Json& operator[](std::string_view name) const;  // null where there is none
    bool has(std::string_view name) const;
    const std::vector<Json>& items() const { return items_; }
    const std::vector<std::pair<std::string, Json>>& members() const { return members_; }

    void add(Json item) { items_.push_back(std::move(item)); }
    void set(std::string_view name, Json value) {
        members_.emplace_back(std::string(name), std::move(value));
    }

    /// In one line. Numbers keep their value: integers as such, others with as many digits as it takes.
    std::string text() const;

private:
    class Reader;
    void write(std::string& out) const;

    Kind kind_ = Kind::null;
    bool bool_ = false, is_whole_ = false;
    double number_ = 0;
    std::int64_t whole_ = 0;
    std::string text_;
    std::vector<Json> items_;
    std::vector<std::pair<std::string, Json>> members_;
};

}  // namespace talkwire
