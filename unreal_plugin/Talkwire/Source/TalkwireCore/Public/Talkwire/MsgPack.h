// The part of MessagePack that the protocol uses: integers, float64, UTF-8 strings, bin, arrays. The reader
// never goes beyond its bytes, takes no memory, and has no depth to run out of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "Talkwire/Api.h"
#include "Talkwire/Bytes.h"

namespace talkwire {

/// One value as it is read; an array is its header, and its items follow.
struct MsgValue {
    enum class Kind : std::uint8_t { nothing, boolean, whole, negative, real, text, bytes, array };

    Kind kind = Kind::nothing;
    std::uint64_t whole = 0;  // of whole: the value.  of negative: its distance from 0
    double real = 0;
    std::string_view text;
    std::size_t characters = 0;  // of text
    Bytes bytes;
    std::size_t items = 0;  // of array
};

/// Reads values one after the other. After the first false there is no more to read, and `trouble` says why.
class TALKWIRECORE_API MsgReader {
public:
    explicit MsgReader(Bytes data) : data_(data) {}

    /// The next value. False for the end, for what is cut off, for text that is not UTF-8, and for what the
    /// protocol does not use: maps, extensions, arrays and texts beyond any limit.
    bool next(MsgValue& out);

    /// Leave the next value out, an array with all that is in it.
    bool skip();

    bool at_end() const { return at_ == data_.size; }
    const char* trouble() const { return trouble_; }

private:
    bool fail(const char* trouble);
    bool number(std::size_t width, std::uint64_t& out);
    bool run(std::uint64_t length, Bytes& out);
    bool text(std::uint64_t length, MsgValue& out);
    bool bytes(std::uint64_t length, MsgValue& out);
    bool array(std::uint64_t items, MsgValue& out);

    Bytes data_;
    std::size_t at_ = 0;
    const char* trouble_ = "";
};

/// Appends values, each in its shortest form.
class TALKWIRECORE_API MsgWriter {
public:
    explicit MsgWriter(Buffer& out) : out_(out) {}

    void whole(std::uint64_t value);
    void real(double value);
    void text(std::string_view value);
    void bytes(Bytes value);
    void array(std::size_t items);

private:
    void head(std::uint8_t byte, std::uint64_t value, std::size_t width);

    Buffer& out_;
};

/// Whether these bytes are UTF-8 (RFC 3629), and how many characters they are.
TALKWIRECORE_API bool is_utf8(std::string_view text, std::size_t& characters);

}  // namespace talkwire
