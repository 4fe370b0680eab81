// Messages as JSON: what the golden vectors' .json files say. Bytes are hex, rows are arrays of their values.
#pragma once

#include <string>
#include <tuple>

#include "Json.h"
#include "Talkwire/MessageCodec.h"
#include "Talkwire/MessageFields.h"

namespace talkwire {

inline std::string hex(Bytes bytes) {
    static constexpr char DIGITS[] = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size);
    for (std::size_t i = 0; i < bytes.size; ++i) {
        out += DIGITS[bytes.data[i] >> 4];
        out += DIGITS[bytes.data[i] & 15];
    }
    return out;
}

template <class M, class T, class Object>
Json value_of(const fields::Whole<M, T>& field, const Object& in) {
    return Json::whole(static_cast<std::int64_t>(in.*field.at));
}
template <class M, class Object>
Json value_of(const fields::Real<M>& field, const Object& in) {
    return Json::number(in.*field.at);
}
template <class M, class Object>
Json value_of(const fields::Text<M>& field, const Object& in) {
    return Json::string(in.*field.at);
}
template <class M, class Object>
Json value_of(const fields::Id<M>& field, const Object& in) {
    return Json::string((in.*field.at).text());
}
template <class M, class E, class Object>
Json value_of(const fields::Choice<M, E>& field, const Object& in) {
    return Json::string(word(in.*field.at));
}
template <class M, class Object>
Json value_of(const fields::Raw<M>& field, const Object& in) {
    return Json::string(hex(in.*field.at));
}
template <class M, std::size_t N, class Object>
Json value_of(const fields::Words<M, N>& field, const Object& in) {
    Json out = Json::array();
    for (const std::string_view item : in.*field.at) {
        out.add(Json::string(item));
    }
    return out;
}
template <class M, class R, std::size_t N, class Columns, class Object>
Json value_of(const fields::Rows<M, R, N, Columns>& field, const Object& in) {
    Json out = Json::array();
    for (const R& item : in.*field.at) {
        Json row = Json::array();
        std::apply([&](const auto&... column) { (row.add(value_of(column, item)), ...); }, field.columns);
        out.add(std::move(row));
    }
    return out;
}

/// Add the message's type and fields to an object.
template <class Message>
void add_message(const Message& message, Json& out) {
    out.set("type", Json::string(Message::name));
    std::apply([&](const auto&... field) { (out.set(field.name, value_of(field, message)), ...); },
               fields::FieldsOf<Message>::fields);
}

/// The same for a variant of messages; nothing for monostate.
template <class... Messages>
void add_message(const std::variant<std::monostate, Messages...>& any, Json& out) {
    const auto one = [&](const auto* message) {
        if (message != nullptr) {
            add_message(*message, out);
        }
    };
    (one(std::get_if<Messages>(&any)), ...);
}

}  // namespace talkwire
