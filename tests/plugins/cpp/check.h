// A test program: TEST(name) { CHECK(...); } as often as needed, and this header's main runs them.
//
//   test_x             runs all, prints what fails and how many passed, exits 1 where one failed
//   test_x NAME        runs those whose name has NAME in it
// TALKWIRE_VECTORS is the folder of the golden vectors.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace checks {

struct Test {
    const char* name;
    void (*run)();
};

inline std::vector<Test>& all() {
    static std::vector<Test> tests;
    return tests;
}

inline int failures = 0;

struct Register {
    Register(const char* name, void (*run)()) { all().push_back({name, run}); }
};

inline void fail(const char* file, int line, const std::string& why) {
    ++failures;
    std::printf("%s:%d: %s\n", file, line, why.c_str());
}

inline std::string vectors() {
    const char* folder = std::getenv("TALKWIRE_VECTORS");
    return folder == nullptr ? "tests/bridge/vectors" : folder;
}

}  // namespace checks

#define TEST(name)                                               \
    static void name();                                          \
    static const checks::Register register_##name(#name, &name); \
    static void name()
#define CHECK(condition) ((condition) ? void() : checks::fail(__FILE__, __LINE__, "not true: " #condition))
#define CHECK_EQ(seen, wanted) \
    ((seen) == (wanted) ? void() : checks::fail(__FILE__, __LINE__, "not equal: " #seen ", " #wanted))
#define CHECK_NEAR(seen, wanted, most)                                            \
    (std::fabs(static_cast<double>(seen) - static_cast<double>(wanted)) <= (most) \
         ? void()                                                                 \
         : checks::fail(                                                          \
               __FILE__, __LINE__,                                                \
               std::string(#seen " is ") + std::to_string(seen) + ", wanted " + std::to_string(wanted)))

int main(int count, char** words) {
    int run = 0;
    for (const checks::Test& test : checks::all()) {
        if (count > 1 && std::strstr(test.name, words[1]) == nullptr) {
            continue;
        }
        const int before = checks::failures;
        test.run();
        ++run;
        if (checks::failures != before) {
            std::printf("FAILED %s\n", test.name);
        }
    }
    std::printf("%d tests, %d failures\n", run, checks::failures);
    return run == 0 || checks::failures != 0 ? 1 : 0;
}
