// The writing half of MessageCodec: what is checked as it is read is checked before it is written.
#include <string>

#include "FieldChecks.h"
#include "MessageChecks.h"
#include "MessageWords.h"
#include "Talkwire/MessageCodec.h"
#include "Talkwire/MessageFields.h"
#include "Talkwire/MsgPack.h"

namespace talkwire {

namespace {

using namespace fields;

/// Writes the fields of one message, and stops at the first that may not stand there.
class Encoder {
public:
    Encoder(const char* message, Buffer& out, Problem& problem)
        : writer_(out), problem_(problem), where_{message, ""} {}

    template <class Message>
    bool message(const Message& in) {
        using Described = FieldsOf<Message>;
        writer_.array(1 + std::tuple_size_v<decltype(Described::fields)>);
        writer_.whole(Message::tag);
        return std::apply([&](const auto&... each) { return (... && field(each, in)); }, Described::fields);
    }

private:
    void name(const char* field) { (where_.column == nullptr ? where_.field : where_.column) = field; }

    bool text(std::string_view value, const Pattern& pattern) {
        std::size_t characters = 0;
        if (!is_utf8(value, characters)) {
            return refuse_field(problem_, where_.name(), std::to_string(value.size()) + " bytes", "UTF-8");
        }
        writer_.text(value);
        return fits_text(where_, value, characters, pattern, problem_);
    }

    template <class M, class T, class Object>
    bool field(const Whole<M, T>& described, const Object& in) {
        name(described.name);
        writer_.whole(in.*described.at);
        return fits_whole(where_, in.*described.at, described.low, described.high, problem_);
    }
    template <class M, class Object>
    bool field(const Real<M>& described, const Object& in) {
        name(described.name);
        writer_.real(in.*described.at);
        return fits_real(where_, in.*described.at, described.low, described.high, problem_);
    }
    template <class M, class Object>
    bool field(const Text<M>& described, const Object& in) {
        name(described.name);
        return text(in.*described.at, described.pattern);
    }
    template <class M, class Object>
    bool field(const Id<M>& described, const Object& in) {
        name(described.name);
        return text((in.*described.at).text(), TOPOLOGY);
    }
    template <class M, class E, class Object>
    bool field(const Choice<M, E>& described, const Object& in) {
        name(described.name);
        writer_.text(word(in.*described.at));
        return (in.*described.at >= described.first && in.*described.at <= described.last) ||
               refuse_field(problem_, where_.name(), word(in.*described.at), all_words(described.first, described.last));
    }
    template <class M, class Object>
    bool field(const Raw<M>& described, const Object& in) {
        name(described.name);
        const Table table{described.scalar, described.columns, described.low,
                          described.high,   described.least,   described.most};
        if (!fits_raw(where_, in.*described.at, table, problem_)) {
            return false;  // before it is copied
        }
        writer_.bytes(in.*described.at);
        return true;
    }
    template <class M, std::size_t N, class Object>
    bool field(const Words<M, N>& described, const Object& in) {
        const auto& list = in.*described.at;
        name(described.name);
        writer_.array(list.count);
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
    bool field(const Rows<M, R, N, Columns>& described, const Object& in) {
        const auto& list = in.*described.at;
        name(described.name);
        writer_.array(list.count);
        for (where_.row = 0; where_.row < list.count; ++where_.row) {
            where_.column = "row";
            writer_.array(std::tuple_size_v<Columns>);
            const auto one = [&](const auto& column) { return field(column, list[where_.row]); };
            if (!std::apply([&](const auto&... each) { return (... && one(each)); }, described.columns)) {
                return false;
            }
        }
        where_.column = nullptr;
        return true;
    }

    MsgWriter writer_;
    Problem& problem_;
    Where where_;
};

template <class E>
std::string_view word_of(E value) {
    static constexpr auto WORDS = words_of(E{});
    return WORDS[static_cast<std::size_t>(value)];
}

}  // namespace

template <class Message>
bool encode(const Message& message, Buffer& out, Problem& problem) {
    const std::size_t before = out.size();
    if (Encoder(Message::name, out, problem).message(message) && agree(message, problem)) {
        return true;
    }
    out.resize(before);
    return false;
}

std::string_view word(Codec codec) {
    return word_of(codec);
}
std::string_view word(ImageFormat format) {
    return word_of(format);
}
std::string_view word(LineState state) {
    return word_of(state);
}
std::string_view word(EventKind kind) {
    return word_of(kind);
}

bool fields::refuse_version(std::string_view theirs, Problem& problem) {
    const std::string major = std::to_string(PROTOCOL_MAJOR);
    return refuse(problem, Problem::Kind::version,
                  "the other side speaks another version of the talkwire protocol", theirs,
                  major + ".x (this side speaks " + major + "." + std::to_string(PROTOCOL_MINOR) + ")",
                  "update the older side");
}

#define TALKWIRE_ENCODES(Message) template TALKWIRECORE_API bool encode(const Message&, Buffer&, Problem&);
TALKWIRE_FOR_EACH_MESSAGE(TALKWIRE_ENCODES)

}  // namespace talkwire
