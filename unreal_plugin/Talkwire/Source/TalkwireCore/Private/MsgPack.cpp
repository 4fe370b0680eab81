#include "Talkwire/MsgPack.h"

#include "Talkwire/Limits.h"

namespace talkwire {

namespace {

constexpr std::size_t MAX_TEXT_BYTES = 4 * MAX_TEXT_CHARS;  // of UTF-8
constexpr std::size_t MAX_ITEMS =
    2 * MAX_ARRAY_ITEMS;  // a message's own array, with what later versions append

float to_float(std::uint64_t bits) {
    const std::uint32_t half = static_cast<std::uint32_t>(bits);
    float value;
    std::memcpy(&value, &half, sizeof value);
    return value;
}

double to_double(std::uint64_t bits) {
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

MsgValue whole(std::uint64_t value) {
    MsgValue out;
    out.kind = MsgValue::Kind::whole;
    out.whole = value;
    return out;
}

MsgValue signed_whole(std::int64_t value) {
    MsgValue out = whole(static_cast<std::uint64_t>(value));
    if (value < 0) {
        out.kind = MsgValue::Kind::negative;
        out.whole = ~static_cast<std::uint64_t>(value) + 1;
    }
    return out;
}

MsgValue real(double value) {
    MsgValue out;
    out.kind = MsgValue::Kind::real;
    out.real = value;
    return out;
}

}  // namespace

bool MsgReader::next(MsgValue& out) {
    out = MsgValue();
    if (at_ == data_.size) {
        return fail("it ends too early");
    }
    const std::uint8_t head = data_.data[at_];
    std::uint64_t value = 0;
    if (head <= 0x7f) {
        ++at_;
        out = whole(head);
        return true;
    }
    if (head >= 0xe0) {
        ++at_;
        out = signed_whole(static_cast<std::int8_t>(head));
        return true;
    }
    if ((head & 0xf0) == 0x90) {
        ++at_;
        return array(head & 0x0fu, out);
    }
    if ((head & 0xe0) == 0xa0) {
        ++at_;
        return text(head & 0x1fu, out);
    }
    switch (head) {
        case 0xc0: ++at_; return true;
        case 0xc2:
        case 0xc3:
            ++at_;
            out.kind = MsgValue::Kind::boolean;
            return true;
        case 0xc4: return number(1, value) && bytes(value, out);
        case 0xc5: return number(2, value) && bytes(value, out);
        case 0xc6: return number(4, value) && bytes(value, out);
        case 0xca: return number(4, value) && (out = real(static_cast<double>(to_float(value))), true);
        case 0xcb: return number(8, value) && (out = real(to_double(value)), true);
        case 0xcc: return number(1, value) && (out = whole(value), true);
        case 0xcd: return number(2, value) && (out = whole(value), true);
        case 0xce: return number(4, value) && (out = whole(value), true);
        case 0xcf: return number(8, value) && (out = whole(value), true);
        case 0xd0: return number(1, value) && (out = signed_whole(static_cast<std::int8_t>(value)), true);
        case 0xd1: return number(2, value) && (out = signed_whole(static_cast<std::int16_t>(value)), true);
        case 0xd2: return number(4, value) && (out = signed_whole(static_cast<std::int32_t>(value)), true);
        case 0xd3: return number(8, value) && (out = signed_whole(static_cast<std::int64_t>(value)), true);
        case 0xd9: return number(1, value) && text(value, out);
        case 0xda: return number(2, value) && text(value, out);
        case 0xdb: return number(4, value) && text(value, out);
        case 0xdc: return number(2, value) && array(value, out);
        case 0xdd: return number(4, value) && array(value, out);
        default: return fail("it has a map or an extension");
    }
}

bool MsgReader::skip() {
    MsgValue value;
    std::size_t waiting = 1;  // values still to come; a count in the place of a stack
    while (waiting > 0) {
        if (waiting > data_.size - at_) {
            return fail("it ends too early");
        }
        if (!next(value)) {
            return false;
        }
        waiting += value.items;
        --waiting;
    }
    return true;
}

bool MsgReader::fail(const char* trouble) {
    trouble_ = trouble;
    return false;
}

bool MsgReader::number(std::size_t width, std::uint64_t& out) {
    if (data_.size - at_ < 1 + width) {
        return fail("it ends too early");
    }
    out = 0;
    for (std::size_t i = 1; i <= width; ++i) {
        out = out << 8 | data_.data[at_ + i];
    }
    at_ += 1 + width;
    return true;
}

bool MsgReader::run(std::uint64_t length, Bytes& out) {
    if (length > data_.size - at_) {
        return fail("it ends too early");
    }
    out = Bytes(data_.data + at_, static_cast<std::size_t>(length));
    at_ += out.size;
    return true;
}

bool MsgReader::text(std::uint64_t length, MsgValue& out) {
    Bytes view;
    if (length > MAX_TEXT_BYTES) {
        return fail("it has too long a text");
    }
    if (!run(length, view)) {
        return false;
    }
    out.kind = MsgValue::Kind::text;
    out.text = std::string_view(reinterpret_cast<const char*>(view.data), view.size);
    return is_utf8(out.text, out.characters) || fail("it has a text that is not UTF-8");
}

bool MsgReader::bytes(std::uint64_t length, MsgValue& out) {
    out.kind = MsgValue::Kind::bytes;
    return run(length, out.bytes);
}

bool MsgReader::array(std::uint64_t items, MsgValue& out) {
    if (items > MAX_ITEMS) {
        return fail("it has too long an array");
    }
    out.kind = MsgValue::Kind::array;
    out.items = static_cast<std::size_t>(items);
    return true;
}

void MsgWriter::whole(std::uint64_t value) {
    if (value <= 0x7f) {
        out_.push_back(static_cast<std::uint8_t>(value));
    } else if (value <= 0xff) {
        head(0xcc, value, 1);
    } else if (value <= 0xffff) {
        head(0xcd, value, 2);
    } else if (value <= 0xffffffff) {
        head(0xce, value, 4);
    } else {
        head(0xcf, value, 8);
    }
}

void MsgWriter::real(double value) {
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    head(0xcb, bits, 8);
}

void MsgWriter::text(std::string_view value) {
    if (value.size() < 32) {
        out_.push_back(static_cast<std::uint8_t>(0xa0 | value.size()));
    } else if (value.size() <= 0xff) {
        head(0xd9, value.size(), 1);
    } else if (value.size() <= 0xffff) {
        head(0xda, value.size(), 2);
    } else {
        head(0xdb, value.size(), 4);
    }
    out_.insert(out_.end(), value.begin(), value.end());
}

void MsgWriter::bytes(Bytes value) {
    if (value.size <= 0xff) {
        head(0xc4, value.size, 1);
    } else if (value.size <= 0xffff) {
        head(0xc5, value.size, 2);
    } else {
        head(0xc6, value.size, 4);
    }
    out_.insert(out_.end(), value.data, value.data + value.size);
}

void MsgWriter::array(std::size_t items) {
    if (items < 16) {
        out_.push_back(static_cast<std::uint8_t>(0x90 | items));
    } else {
        head(0xdc, items, 2);
    }
}

void MsgWriter::head(std::uint8_t byte, std::uint64_t value, std::size_t width) {
    out_.push_back(byte);
    for (std::size_t i = width; i-- > 0;) {
        out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

bool is_utf8(std::string_view text, std::size_t& characters) {
    // RFC 3629, section 4: what may follow a first byte; the bounds of the second byte keep out longer forms
    // than needed, surrogates, and what is beyond U+10FFFF.
    struct Row {
        std::uint8_t first, last, second_low, second_high, more;
    };
    static constexpr Row ROWS[] = {
        {0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 0x80, 0xbf, 1}, {0xe0, 0xe0, 0xa0, 0xbf, 2},
        {0xe1, 0xec, 0x80, 0xbf, 2}, {0xed, 0xed, 0x80, 0x9f, 2}, {0xee, 0xef, 0x80, 0xbf, 2},
        {0xf0, 0xf0, 0x90, 0xbf, 3}, {0xf1, 0xf3, 0x80, 0xbf, 3}, {0xf4, 0xf4, 0x80, 0x8f, 3},
    };
    characters = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::uint8_t head = static_cast<std::uint8_t>(text[at]);
        const Row* row = nullptr;
        for (const Row& candidate : ROWS) {
            if (head >= candidate.first && head <= candidate.last) {
                row = &candidate;
                break;
            }
        }
        if (row == nullptr || text.size() - at <= row->more) {
            return false;
        }
        for (std::size_t i = 1; i <= row->more; ++i) {
            const std::uint8_t byte = static_cast<std::uint8_t>(text[at + i]);
            if (byte < (i == 1 ? row->second_low : 0x80) || byte > (i == 1 ? row->second_high : 0xbf)) {
                return false;
            }
        }
        at += 1 + row->more;
        ++characters;
    }
    return true;
}

}  // namespace talkwire
