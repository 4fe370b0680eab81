#include <limits>

#include "Talkwire/MsgPack.h"
#include "check.h"

using namespace talkwire;
using Kind = MsgValue::Kind;

namespace {

bool read_one(const Buffer& bytes, MsgValue& value) {
    MsgReader reader(bytes);
    return reader.next(value) && reader.at_end();
}

Buffer written(void (*write)(MsgWriter&)) {
    Buffer out;
    MsgWriter writer(out);
    write(writer);
    return out;
}

}  // namespace

TEST(wholes_of_every_form) {
    struct Row {
        Buffer bytes;
        Kind kind;
        std::uint64_t whole;
    };
    const Row rows[] = {
        {{0x00}, Kind::whole, 0},
        {{0x7f}, Kind::whole, 127},
        {{0xff}, Kind::negative, 1},
        {{0xe0}, Kind::negative, 32},
        {{0xcc, 0xff}, Kind::whole, 255},
        {{0xcd, 0x00, 0x01}, Kind::whole, 1},
        {{0xce, 0xff, 0xff, 0xff, 0xff}, Kind::whole, 0xffffffff},
        {{0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, Kind::whole, UINT64_MAX},
        {{0xd0, 0x80}, Kind::negative, 128},
        {{0xd0, 0x05}, Kind::whole, 5},
        {{0xd1, 0x80, 0x00}, Kind::negative, 32768},
        {{0xd2, 0x80, 0x00, 0x00, 0x00}, Kind::negative, std::uint64_t{1} << 31},
        {{0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0}, Kind::negative, std::uint64_t{1} << 63},
    };
    for (const Row& row : rows) {
        MsgValue value;
        CHECK(read_one(row.bytes, value));
        CHECK(value.kind == row.kind);
        CHECK_EQ(value.whole, row.whole);
        for (std::size_t cut = 0; cut < row.bytes.size(); ++cut) {
            CHECK(!read_one(Buffer(row.bytes.begin(), row.bytes.begin() + static_cast<std::ptrdiff_t>(cut)),
                            value));
        }
    }
}

TEST(other_values) {
    MsgValue value;
    CHECK(read_one({0xc0}, value) && value.kind == Kind::nothing);
    CHECK(read_one({0xc2}, value) && value.kind == Kind::boolean);
    CHECK(read_one({0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0}, value) && value.kind == Kind::real &&
          value.real == 1.5);
    CHECK(read_one({0xca, 0x3f, 0xc0, 0, 0}, value) && value.kind == Kind::real && value.real == 1.5);
    CHECK(read_one({0xa2, 'h', 'i'}, value) && value.kind == Kind::text && value.text == "hi" &&
          value.characters == 2);
    CHECK(read_one({0xd9, 0x02, 0xc3, 0xa9}, value) && value.characters == 1);
    CHECK(read_one({0xc4, 0x01, 0x09}, value) && value.kind == Kind::bytes && value.bytes.size == 1);
    CHECK(read_one({0xdc, 0x00, 0x00}, value) && value.kind == Kind::array && value.items == 0);
}

TEST(what_the_protocol_does_not_use_is_refused) {
    MsgValue value;
    for (const Buffer& bytes :
         {Buffer{0x80}, Buffer{0x81, 0x01, 0x02}, Buffer{0xc1}, Buffer{0xc7, 0x00, 0x01},
          Buffer{0xd4, 0x01, 0x00}, Buffer{0xde, 0x00, 0x00}, Buffer{0xdf, 0, 0, 0, 0}}) {
        CHECK(!read_one(bytes, value));
    }
}

TEST(announced_lengths_are_not_believed) {
    MsgValue value;
    CHECK(!read_one({0xc6, 0xff, 0xff, 0xff, 0xff, 0x00}, value));
    CHECK(!read_one({0xdb, 0xff, 0xff, 0xff, 0xff, 'a'}, value));
    CHECK(!read_one({0xdd, 0xff, 0xff, 0xff, 0xff, 0x00}, value));
    Buffer nested(100'000, 0x91);  // an array in an array in an array ...
    MsgReader deep(nested);
    CHECK(!deep.skip());
    nested.push_back(0xc0);
    MsgReader whole(nested);
    CHECK(whole.skip() && whole.at_end());
}

TEST(text_is_utf8) {
    std::size_t characters = 0;
    const auto good = [&](const char* text, std::size_t count) {
        return is_utf8(text, characters) && characters == count;
    };
    CHECK(good("", 0));
    CHECK(good("r\xc3\xa9sum\xc3\xa9", 6));
    CHECK(good("\xe2\x98\xba\xf0\x9f\x98\x80", 2));
    CHECK(good("\xf4\x8f\xbf\xbf", 1));
    for (const char* bad :
         {"\x80", "\xc3", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x98", "\xe2\x28\xa1", "\xff"}) {
        CHECK(!is_utf8(bad, characters));
    }
}

TEST(writes_the_shortest_form) {
    CHECK((written([](MsgWriter& w) { w.whole(127); }) == Buffer{0x7f}));
    CHECK((written([](MsgWriter& w) { w.whole(128); }) == Buffer{0xcc, 0x80}));
    CHECK((written([](MsgWriter& w) { w.whole(65535); }) == Buffer{0xcd, 0xff, 0xff}));
    CHECK((written([](MsgWriter& w) { w.whole(65536); }) == Buffer{0xce, 0x00, 0x01, 0x00, 0x00}));
    CHECK((written([](MsgWriter& w) { w.whole(std::uint64_t{1} << 32); }) ==
           Buffer{0xcf, 0, 0, 0, 1, 0, 0, 0, 0}));
    CHECK((written([](MsgWriter& w) { w.real(1.5); }) == Buffer{0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0}));
    CHECK((written([](MsgWriter& w) { w.array(2); }) == Buffer{0x92}));
    CHECK((written([](MsgWriter& w) { w.array(16); }) == Buffer{0xdc, 0x00, 0x10}));
    for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{32}, std::size_t{255},
                                   std::size_t{256}, std::size_t{2048}}) {
        Buffer out;
        MsgWriter writer(out);
        const std::string text(size, 'x');
        writer.text(text);
        MsgValue value;
        CHECK(read_one(out, value) && value.text == text);
    }
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{255}, std::size_t{256}, std::size_t{65535}, std::size_t{65536}}) {
        Buffer out;
        MsgWriter writer(out);
        const Buffer bytes(size, 7);
        writer.bytes(bytes);
        MsgValue value;
        CHECK(read_one(out, value) && value.bytes.size == size);
    }
}
