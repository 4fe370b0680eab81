// The reading half of MessageCodec.
#pragma once

#include <cstring>
#include <string>

#include "FieldChecks.h"
#include "MessageChecks.h"
#include "MessageWords.h"
#include "Talkwire/MessageFields.h"
#include "Talkwire/MsgPack.h"

namespace talkwire::fields {

/// Reads the fields of one message, one after the other, each as its table says.
class Decoder {
public:
    using Kind = MsgValue::Kind;

    Decoder(Bytes data, Problem& problem) : data_(data), reader_(data), problem_(problem) {}

    /// The array's header and the tag.
    bool begin(std::uint64_t& tag) {
        MsgValue value;
        if (!next(value)) {
            return false;
        }
        if (value.kind != Kind::array || value.items == 0) {
            return malformed("no array that starts with a tag");
        }
        items_ = value.items - 1;
        if (!next(value)) {
            return false;
        }
        tag = value.whole;
        return value.kind == Kind::whole || malformed("no array that starts with a tag");
    }

    /// Hello and Welcome begin [tag, ref, major, minor, ...] in every version, for ever.
    bool same_major() {
        MsgReader ahead = reader_;
        MsgValue major, minor;
        if (items_ < 3 || !ahead.skip() || !ahead.next(major) || !ahead.next(minor) ||
            major.kind != Kind::whole || minor.kind != Kind::whole) {
            return refuse_field(problem_, "the greeting", "no version", "tag, ref, major, minor, ...");
        }
        return major.whole == PROTOCOL_MAJOR ||
               refuse_version(std::to_string(major.whole) + "." + std::to_string(minor.whole), problem_);
    }

    template <class Message>
    bool message(Message& out) {
        using Described = FieldsOf<Message>;
        constexpr std::size_t known = std::tuple_size_v<decltype(Described::fields)>;
        if (items_ < Described::required) {
            return refuse_field(problem_, Message::name, std::to_string(items_) + " fields",
                                "at least " + std::to_string(Described::required));
        }
        std::size_t at = 0;
        where_ = {Message::name, ""};
        const auto one = [&](const auto& described) { return at++ >= items_ || field(described, out); };
        return std::apply([&](const auto&... each) { return (... && one(each)); }, Described::fields) &&
               skip(items_ > known ? items_ - known : 0) && end() && agree(out, problem_);
    }

private:
    bool malformed(const char* trouble) {
        return refuse(problem_, Problem::Kind::protocol, "these bytes are not a talkwire message",
                      std::to_string(data_.size) + " bytes (" + trouble + ")", "one whole msgpack array",
                      "check that the peer is talkwire, on the right port");
    }
    bool next(MsgValue& value) { return reader_.next(value) || malformed(reader_.trouble()); }
    bool skip(std::size_t count) {  // what later versions have appended
        for (; count > 0; --count) {
            if (!reader_.skip()) {
                return malformed(reader_.trouble());
            }
        }
        return true;
    }
    bool end() { return reader_.at_end() || malformed("something follows it"); }

    /// The next value, which must be of this kind.
    bool next(MsgValue& value, Kind kind, const char* wanted) {
        return next(value) && (value.kind == kind || refuse_kind(where_, value, wanted, problem_));
    }
    bool text(std::string_view& out, const Pattern& pattern) {
        MsgValue value;
        if (!next(value, Kind::text, "text") ||
            !fits_text(where_, value.text, value.characters, pattern, problem_)) {
            return false;
        }
        out = value.text;
        return true;
    }
    void name(const char* field) { (where_.column == nullptr ? where_.field : where_.column) = field; }

    template <class M, class T, class Object>
    bool field(const Whole<M, T>& described, Object& out) {
        MsgValue value;
        name(described.name);
        if (!next(value, Kind::whole, "a whole number") ||
            !fits_whole(where_, value.whole, described.low, described.high, problem_)) {
            return false;
        }
        out.*described.at = static_cast<T>(value.whole);
        return true;
    }
    template <class M, class Object>
    bool field(const Real<M>& described, Object& out) {
        MsgValue value;
        name(described.name);
        if (!next(value, Kind::real, "a float") ||
            !fits_real(where_, value.real, described.low, described.high, problem_)) {
            return false;
        }
        out.*described.at = value.real;
        return true;
    }
    template <class M, class Object>
    bool field(const Text<M>& described, Object& out) {
        name(described.name);
        return text(out.*described.at, described.pattern);
    }
    template <class M, class Object>
    bool field(const Id<M>& described, Object& out) {
        std::string_view digits;
        name(described.name);
        if (!text(digits, TOPOLOGY)) {
            return false;
        }
        std::memcpy((out.*described.at).digits, digits.data(), digits.size());
        return true;
    }
    template <class M, class E, class Object>
    bool field(const Choice<M, E>& described, Object& out) {
        std::string_view seen;
        name(described.name);
        return text(seen, SENTENCE) &&
               (find_word(seen, described.first, described.last, out.*described.at) ||
                refuse_field(problem_, where_.name(), "'" + std::string(seen.substr(0, 40)) + "'",
                             all_words(described.first, described.last)));
    }
    template <class M, class Object>
    bool field(const Raw<M>& described, Object& out) {
        MsgValue value;
        name(described.name);
        if (!next(value, Kind::bytes, "bin") || !fits_raw(where_, value.bytes, table(described), problem_)) {
            return false;
        }
        out.*described.at = value.bytes;
        return true;
    }
    template <class M, std::size_t N, class Object>
    bool field(const Words<M, N>& described, Object& out) {
        auto& list = out.*described.at;
        if (!items(described.name, N, list.count)) {
            return false;
        }
        for (where_.row = 0; where_.row < list.count; ++where_.row) {
            where_.column = "word";
            if (!text(list[where_.row], described.pattern)) {
                return false;
            }
        }
        where_.column = nullptr;
        return true;
    }
    template <class M, class R, std::size_t N, class Columns, class Object>
    bool field(const Rows<M, R, N, Columns>& described, Object& out) {
        constexpr std::size_t columns = std::tuple_size_v<Columns>;
        auto& list = out.*described.at;
        if (!items(described.name, N, list.count)) {
            return false;
        }
        for (where_.row = 0; where_.row < list.count; ++where_.row) {
            MsgValue row;
            where_.column = "row";
            if (!next(row, Kind::array, "an array")) {
                return false;
            }
            if (row.items < columns) {
                return refuse_kind(where_, row, "as many values as a row has", problem_);
            }
            const auto one = [&](const auto& column) { return field(column, list[where_.row]); };
            if (!std::apply([&](const auto&... each) { return (... && one(each)); }, described.columns) ||
                !skip(row.items - columns)) {
                return false;
            }
        }
        where_.column = nullptr;
        return true;
    }

    bool items(const char* field, std::size_t most, std::size_t& count) {
        MsgValue value;
        name(field);
        if (!next(value, Kind::array, "an array")) {
            return false;
        }
        count = value.items <= most ? value.items : 0;
        return value.items <= most || refuse_kind(where_, value, "no more rows than the limit", problem_);
    }
    template <class M>
    static Table table(const Raw<M>& described) {
        return {described.scalar, described.columns, described.low,
                described.high,   described.least,   described.most};
    }

    Bytes data_;
    MsgReader reader_;
    Problem& problem_;
    Where where_{"", ""};
    std::size_t items_ = 0;  // after the tag
};

}  // namespace talkwire::fields
