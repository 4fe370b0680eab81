// Many NPCs in one game, for long: each speaks the same line again and again and is drawn 60 times a second. Prints a
// line of JSON every REPORT_S: what was drawn and lost since the one before, and the memory of this process.
//
//     bench_crowd ENDPOINT PLANE NPCS SECONDS LINE.wav
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "Talkwire/Client.h"
#include "Talkwire/Player.h"
#include "Wav.h"

namespace {

using namespace talkwire;

constexpr std::int64_t TICK_NS = NS_PER_S / 60, REPORT_S = 10;

struct Actor {
    Npc npc;
    SilentSink sink;
    Player player{sink};
    std::vector<float> vertices;
    std::uint32_t say = 0;
    std::int64_t pictures = 0;
};

class Crowd {
public:
    Crowd(const char* endpoint, const Reading& reading, int count, const Wav& line) : client_(endpoint), line_(line) {
        Problem problem;
        for (int i = 0; i < count && !problem; ++i) {
            actors_.push_back(std::make_unique<Actor>());
            actors_.back()->npc = client_.open("npc-" + std::to_string(i), "", reading, problem);
        }
    }

    void tick(std::int64_t now_ns) {
        Notice notice;
        while (client_.notice(notice)) {
            const bool over = notice.kind == Notice::Kind::line && notice.state >= SpeechState::done;
            for (const auto& actor : actors_) {
                if (over && actor->npc.session() == notice.session && actor->say == notice.say) {
                    actor->say = 0;
                    ++lines_;
                }
            }
            problems_ += notice.problem ? 1 : 0;
        }
        const std::int64_t offset_ns = client_.status().offset_ns;
        for (const auto& actor : actors_) {
            draw(*actor, now_ns, offset_ns);
        }
        longest_ns_ = std::max(longest_ns_, clock_ns() - now_ns);
    }

    void report(double at_s, double since_s) {
        std::int64_t pictures = 0, dropped = 0, late = 0, underruns = 0, untaken = 0;
        for (const auto& actor : actors_) {
            const Stats& stats = actor->player.stats();
            pictures += actor->pictures;
            dropped += stats.dropped();
            late += stats.late;
            underruns += stats.underruns;
            untaken += static_cast<std::int64_t>(actor->npc.dropped().motion + actor->npc.dropped().media);
        }
        const Status status = client_.status();
        std::printf("{\"at_s\": %.1f, \"resident_mb\": %.2f, \"pictures_per_s\": %.1f, \"frames_per_s\": %.1f, "
                    "\"lines\": %lld, \"dropped\": %lld, \"late\": %lld, \"underruns\": %lld, \"untaken\": %lld, "
                    "\"misread\": %lld, \"problems\": %lld, \"longest_tick_ms\": %.2f, \"bytes\": %lld}\n",
                    at_s, resident_mb(), static_cast<double>(pictures - told_pictures_) / since_s,
                    static_cast<double>(frames_ - told_frames_) / since_s, static_cast<long long>(lines_),
                    static_cast<long long>(dropped), static_cast<long long>(late), static_cast<long long>(underruns),
                    static_cast<long long>(untaken), static_cast<long long>(status.misread),
                    static_cast<long long>(problems_), static_cast<double>(longest_ns_) / 1e6,
                    static_cast<long long>(status.bytes));
        std::fflush(stdout);
        told_pictures_ = pictures;
        told_frames_ = frames_;
        longest_ns_ = 0;
    }

private:
    void draw(Actor& actor, std::int64_t now_ns, std::int64_t offset_ns) {
        for (const Arrival& one : actor.npc.take()) {
            frames_ += std::holds_alternative<Frame>(one.media.message) || std::holds_alternative<Coefficients>(one.media.message);
            actor.player.receive(one.media, now_ns, offset_ns);
        }
        const Picture* picture = actor.player.present(now_ns);
        if (picture != nullptr && !picture->shape.empty()) {
            actor.vertices.resize(3 * picture->shape.vertex_count());
            picture->shape.vertices(actor.vertices.data());
            ++actor.pictures;
        }
        actor.player.displayed(now_ns);
        Happening happening;
        while (actor.player.happened(now_ns, happening)) {
        }
        if (actor.say == 0 && actor.pictures > 0) {
            Problem problem;
            actor.say = actor.npc.say(line_.samples.data(), line_.samples.size(), line_.sample_rate_hz, problem);
        }
    }

    static double resident_mb() {
        long pages = 0;
        if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
            if (std::fscanf(file, "%*d %ld", &pages) != 1) {
                pages = 0;
            }
            std::fclose(file);
        }
        return static_cast<double>(pages) * 4096 / 1e6;
    }

    Client client_;
    const Wav& line_;
    std::vector<std::unique_ptr<Actor>> actors_;
    std::int64_t lines_ = 0, frames_ = 0, problems_ = 0, told_pictures_ = 0, told_frames_ = 0, longest_ns_ = 0;
};

}  // namespace

int main(int count, char** words) {
    Wav line;
    std::string why;
    Reading reading;
    Plane plane = Plane::frame_q16;
    if (count != 6 || !plane_of(words[2], plane) || !read_wav(words[5], line, why)) {
        std::fprintf(stderr, "usage: bench_crowd ENDPOINT PLANE NPCS SECONDS LINE.wav %s\n", why.c_str());
        return 2;
    }
    reading.frames = plane;
    reading.suggested = false;
    Crowd crowd(words[1], reading, std::atoi(words[3]), line);
    const std::int64_t began_ns = clock_ns(), until_ns = began_ns + std::atoll(words[4]) * NS_PER_S;
    std::int64_t told_ns = began_ns;
    for (std::int64_t due_ns = began_ns; due_ns < until_ns; due_ns += TICK_NS) {
        std::this_thread::sleep_for(std::chrono::nanoseconds(std::max<std::int64_t>(0, due_ns - clock_ns())));
        const std::int64_t now_ns = clock_ns();
        crowd.tick(now_ns);
        if (now_ns - told_ns >= REPORT_S * NS_PER_S) {
            crowd.report(seconds_in(now_ns - began_ns), seconds_in(now_ns - told_ns));
            told_ns = now_ns;
        }
    }
    return 0;
}
