#include "Talkwire/MessageCodec.h"

#include <string>

#include "MessageDecoder.h"

namespace talkwire {

namespace {

using fields::Decoder;

bool refuse_tag(std::uint64_t tag, const char* wanted, Problem& problem) {
    return refuse(problem, Problem::Kind::protocol, "this message does not belong here",
                  "tag " + std::to_string(tag), wanted, "see bridge/PROTOCOL.md");
}

/// Decode into the alternative of this tag, which there is; monostate where that fails.
template <class... Messages>
bool decode_alternative(std::uint64_t tag, Decoder& decoder, std::variant<std::monostate, Messages...>& out) {
    bool good = false;
    const auto one = [&](auto* of_type) {
        using Message = std::remove_pointer_t<decltype(of_type)>;
        if (tag != Message::tag) {
            return false;
        }
        good = decoder.message(out.template emplace<Message>());
        return true;
    };
    (void)(... || one(static_cast<Messages*>(nullptr)));
    if (!good) {
        out.template emplace<std::monostate>();
    }
    return good;
}

bool is_greeting(std::uint64_t tag) {
    return tag == Hello::tag || tag == Welcome::tag;
}

template <class... Messages>
constexpr std::uint64_t tags() {
    return ((std::uint64_t{1} << Messages::tag) | ...);
}

constexpr std::uint64_t OF_CLIENTS =
    tags<Hello, Open, Begin, ChunkS16, ChunkF32, End, Interrupt, Ping, Close, Style, Load, Unload>();
constexpr std::uint64_t OF_SERVERS =
    tags<Welcome, Opened, Interrupted, Progress, Pong, Closed, Error, Styled, Loaded, Unloaded>();

/// The tag of what travels on a plane.
unsigned tag_of(Plane plane) {
    static constexpr unsigned TAGS[PLANE_COUNT] = {
        Mesh::tag,         Texture::tag,      Texture::tag, Audio::tag, Event::tag,
        Basis::tag,        Frame::tag,        Frame::tag,   Frame::tag, Frame::tag,
        Coefficients::tag, Coefficients::tag, Visemes::tag, Patch::tag, Patch::tag,
        Patch::tag};
    return TAGS[static_cast<std::size_t>(plane)];
}

}  // namespace

bool decode_control(Bytes data, Sender sender, Control& out, Problem& problem) {
    static constexpr std::uint64_t ALLOWED[] = {OF_SERVERS, OF_CLIENTS, OF_SERVERS | OF_CLIENTS};
    Decoder decoder(data, problem);
    std::uint64_t tag = 0;
    if (!decoder.begin(tag) || (is_greeting(tag) && !decoder.same_major())) {
        out.emplace<std::monostate>();
        return false;
    }
    if (tag > 63 || (ALLOWED[static_cast<std::size_t>(sender)] >> tag & 1) == 0) {
        out.emplace<std::monostate>();
        return refuse_tag(tag, "a message of the control socket", problem);
    }
    return decode_alternative(tag, decoder, out);
}

bool decode_media(Bytes part, Media& out, Problem& problem) {
    Split split;
    std::uint64_t tag = 0;
    out.message.emplace<std::monostate>();
    out.prepared.emplace<std::monostate>();
    if (!split_topic(part, split, problem)) {
        return false;
    }
    out.session = split.session;
    out.plane = split.plane;
    Decoder decoder(split.body, problem);
    if (!decoder.begin(tag)) {
        return false;
    }
    if (tag != tag_of(split.plane)) {
        return refuse_tag(tag, "the message of this plane", problem);
    }
    return decode_alternative(tag, decoder, out.message);
}

template <class Message>
bool decode(Bytes data, Message& out, Problem& problem) {
    Decoder decoder(data, problem);
    std::uint64_t tag = 0;
    if (!decoder.begin(tag) || (is_greeting(tag) && !decoder.same_major())) {
        return false;
    }
    if (tag != Message::tag) {
        return refuse_tag(tag, Message::name, problem);
    }
    out = Message();
    return decoder.message(out);
}

std::uint32_t ref_of(Bytes data) {
    MsgReader reader(data);
    MsgValue value;
    const bool there = reader.next(value) && value.kind == MsgValue::Kind::array && value.items >= 2 &&
                       reader.skip() && reader.next(value) && value.kind == MsgValue::Kind::whole &&
                       value.whole <= 0xffffffff;
    return there ? static_cast<std::uint32_t>(value.whole) : 0;
}

#define TALKWIRE_DECODES(Message) template TALKWIRECORE_API bool decode(Bytes, Message&, Problem&);
TALKWIRE_FOR_EACH_MESSAGE(TALKWIRE_DECODES)

}  // namespace talkwire
