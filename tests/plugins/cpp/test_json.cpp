#include "Json.h"
#include "check.h"

using namespace talkwire;

TEST(reads_and_writes) {
    Json value;
    std::string why;
    CHECK(Json::read(
        R"( {"a": [1, -2.5, 1e3, true, false, null], "b": {"c": "x\"\u00e9\ud83d\ude00\n"}, "n": 9223372036854775807} )",
        value, why));
    CHECK_EQ(value["a"].size(), 6u);
    CHECK_EQ(value["a"][0].as_whole(), 1);
    CHECK_EQ(value["a"][1].as_double(), -2.5);
    CHECK_EQ(value["a"][2].as_whole(), 1000);
    CHECK(value["a"][3].as_bool() && !value["a"][4].as_bool(true));
    CHECK(value["a"][5].is_null() && value["a"][6].is_null() && value["none"].is_null());
    CHECK_EQ(value["b"]["c"].as_string(), "x\"\xc3\xa9\xf0\x9f\x98\x80\n");
    CHECK_EQ(value["n"].as_whole(), INT64_MAX);
    CHECK(value.has("n") && !value.has("m"));
    Json again;
    CHECK(Json::read(value.text(), again, why));
    CHECK_EQ(again.text(), value.text());
}

TEST(refuses_what_is_no_json) {
    Json value;
    std::string why;
    for (const char* text : {"", "{", "[1,]", "[1 2]", "{\"a\" 1}", "{a: 1}", "tru", "1x", "\"a", "\"\x01\"",
                             "\"\\x\"", "1 2", "\"\\ud800\"", "\"\xff\"", "nan", "-", "[\"\\u12\"]"}) {
        CHECK(!Json::read(text, value, why));
        CHECK(!why.empty());
    }
    CHECK(!Json::read(std::string(100000, '['), value, why));
}
