// talkwire-client-cpp: a game without an engine. Opens an NPC of `talkwire serve`, plays it at a display's pace, says
// WAV files, and prints what it measured as one line of JSON.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "Json.h"
#include "Talkwire/Client.h"
#include "Talkwire/Player.h"
#include "Wav.h"

namespace {

using namespace talkwire;

constexpr const char* USAGE =
    "usage: talkwire-client-cpp [--server tcp://127.0.0.1:5556] [--session nova] [--avatar NAME]\n"
    "  [--plane frame/q16 | suggested | none]  what is read of its face\n"
    "  [--say FILE.wav]...                     said one after the other\n"
    "  [--live]                                as a microphone would give them\n"
    "  [--interrupt SECONDS]                   then, cut what is said\n"
    "  [--seconds 30]                          at most; without a line, so long\n"
    "  [--fps 60] [--token TOKEN] [--verbose]\n"
    "  [--key NAME.key --server-key server.pub]  for a server with keys\n"
    "  [--cycles N]                            start, open and stop so many times; --seconds is of each\n";

struct Options {
    std::string server = std::string(Client::DEFAULT_ENDPOINT), session = "nova", avatar, plane = "suggested", token;
    Keys keys;
    std::vector<Wav> lines;
    bool is_live = false, is_verbose = false;
    double interrupt_s = -1, seconds = 30, fps = 60;
    int cycles = 0;
};

bool fail(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    return false;
}

bool read_options(int count, char** words, Options& options) {
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        if (word == "--live" || word == "--verbose") {
            (word == "--live" ? options.is_live : options.is_verbose) = true;
            continue;
        }
        if (i + 1 == count) {
            return fail(USAGE);
        }
        const std::string value = words[++i];
        const double number = std::strtod(value.c_str(), nullptr);
        std::string why;
        if (word == "--server") {
            options.server = value;
        } else if (word == "--session") {
            options.session = value;
        } else if (word == "--avatar") {
            options.avatar = value;
        } else if (word == "--plane") {
            options.plane = value;
        } else if (word == "--token") {
            options.token = value;
        } else if (word == "--key") {
            options.keys.key = value;
        } else if (word == "--server-key") {
            options.keys.server_key = value;
        } else if (word == "--interrupt") {
            options.interrupt_s = number;
        } else if (word == "--seconds") {
            options.seconds = number;
        } else if (word == "--fps" && number > 0) {
            options.fps = number;
        } else if (word == "--cycles") {
            options.cycles = static_cast<int>(number);
        } else if (word == "--say") {
            options.lines.emplace_back();
            if (!read_wav(value, options.lines.back(), why)) {
                return fail(why);
            }
        } else {
            return fail(USAGE);
        }
    }
    Plane plane;
    return options.plane == "suggested" || options.plane == "none" || plane_of(options.plane, plane) || fail(USAGE);
}

Reading reading_of(const Options& options) {
    Reading reading;
    Plane plane = Plane::frame_q16;
    reading.suggested = options.plane == "suggested";
    if (plane_of(options.plane, plane)) {
        reading.frames = plane;
    }
    return reading;
}

Json number(double value) {
    return std::isfinite(value) ? Json::number(std::round(value * 1e3) / 1e3) : Json();
}

/// Memory of this process, in MB; null where the system does not say.
Json resident_mb() {
    long pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%*d %ld", &pages) != 1) {
            pages = 0;
        }
        std::fclose(file);
    }
    return pages > 0 ? number(static_cast<double>(pages) * 4096 / 1e6) : Json();
}

double ms(std::int64_t ns) {
    return 1e3 * seconds_in(ns);
}

/// A line as it is said, piece by piece where it is live.
struct Speech {
    std::uint32_t say = 0;
    std::size_t pushed = 0;
    std::string state = "unsaid";
    double played_s = 0;
};

constexpr const char* STATES[] = {"queued", "speaking", "done", "interrupted", "refused"};

/// One run: from a client's beginning to its end.
class Run {
public:
    explicit Run(const Options& options) : options_(options), client_(options.server, introduction(options), options.keys), player_(sink_) {}

    bool play() {
        npc_ = client_.open(options_.session, options_.avatar, reading_of(options_), problem_);
        if (!npc_) {
            return fail(problem_.sentence());
        }
        began_ns_ = clock_ns();
        const auto step_ns = static_cast<std::int64_t>(1e9 / options_.fps);
        for (std::int64_t due_ns = began_ns_; !is_over(due_ns); due_ns += step_ns) {
            std::this_thread::sleep_for(std::chrono::nanoseconds(std::max<std::int64_t>(0, due_ns - clock_ns())));
            const std::int64_t now_ns = clock_ns();
            speak(now_ns);
            tick(now_ns);
            ticks_ms_.add(ms(clock_ns() - now_ns));
            longest_tick_ns_ = std::max(longest_tick_ns_, clock_ns() - now_ns);
        }
        return true;
    }

    /// How long it takes to stop.
    double stop_ms() {
        status_ = client_.status();
        const std::int64_t then_ns = clock_ns();
        client_.stop();
        return ms(clock_ns() - then_ns);
    }

    bool has_picture() const { return first_picture_ns_ != 0; }

    Json report(double join_ms) const {
        const Stats& stats = player_.stats();
        Json out = Json::object();
        out.set("welcome_ms", welcome_ns_ == 0 ? Json() : number(ms(welcome_ns_ - began_ns_)));
        out.set("first_picture_ms", has_picture() ? number(ms(first_picture_ns_ - began_ns_)) : Json());
        out.set("run", Json::string(run_));
        out.set("greetings", Json::whole(greetings_));
        out.set("offset_ms", number(ms(status_.offset_ns)));
        out.set("messages", Json::whole(static_cast<std::int64_t>(status_.messages)));
        out.set("bytes", Json::whole(static_cast<std::int64_t>(status_.bytes)));
        out.set("misread", Json::whole(static_cast<std::int64_t>(status_.misread)));
        out.set("vertices", Json::whole(static_cast<std::int64_t>(vertices_)));
        out.set("latency_p50_ms", number(stats.transit_ms.percentile(0.5)));
        out.set("latency_p95_ms", number(stats.transit_ms.percentile(0.95)));
        out.set("latency_p99_ms", number(stats.transit_ms.percentile(0.99)));
        out.set("first_frame_ms", number(stats.first_frame_ms.percentile(1)));
        out.set("av_error_p95_ms", number(stats.av_error_ms.percentile(0.95)));
        out.set("av_held_p95_ms", number(stats.av_held_ms.percentile(0.95)));
        out.set("sent", Json::whole(stats.sent));
        out.set("late", Json::whole(stats.late));
        out.set("dropped", Json::whole(stats.dropped()));
        out.set("refused", Json::whole(stats.refused));
        out.set("pictures", Json::whole(stats.pictures));
        out.set("rested", Json::whole(stats.rested));
        out.set("underruns", Json::whole(stats.underruns));
        out.set("sound_gaps", Json::whole(stats.sound_gaps));
        out.set("untaken_frames", Json::whole(static_cast<std::int64_t>(npc_.dropped().motion)));
        out.set("untaken_sound", Json::whole(static_cast<std::int64_t>(npc_.dropped().media)));
        out.set("ticks", Json::whole(ticks_));
        out.set("tick_p50_ms", number(ticks_ms_.percentile(0.5)));
        out.set("tick_p99_ms", number(ticks_ms_.percentile(0.99)));
        out.set("longest_tick_ms", number(ms(longest_tick_ns_)));
        out.set("join_ms", number(join_ms));
        out.set("resident_mb", resident_mb());
        Json happened = Json::array(), lines = Json::array(), told = Json::array();
        for (const std::string& one : happened_) {
            happened.add(Json::string(one));
        }
        for (const Speech& one : speeches_) {
            Json line = Json::object();
            line.set("state", Json::string(one.state));
            line.set("played_s", number(one.played_s));
            lines.add(std::move(line));
        }
        for (const std::string& one : problems_) {
            told.add(Json::string(one));
        }
        out.set("happened", std::move(happened));
        out.set("lines", std::move(lines));
        out.set("problems", std::move(told));
        out.set("problem", Json::string(status_.problem ? status_.problem.sentence() : ""));
        return out;
    }

private:
    static Introduction introduction(const Options& options) {
        Introduction made;
        made.agent = "talkwire-client-cpp";
        made.token = options.token;
        return made;
    }

    /// All lines are over and heard, or it has lasted long enough.
    bool is_over(std::int64_t now_ns) const {
        const bool said = std::all_of(speeches_.begin(), speeches_.end(), [](const Speech& one) {
            return one.state == "done" || one.state == "interrupted" || one.state == "refused";
        });
        const bool heard = speeches_.size() == options_.lines.size() && said && ends_ >= heard_lines_ && player_.silent();
        return (!options_.lines.empty() && heard) || now_ns - began_ns_ > static_cast<std::int64_t>(1e9 * options_.seconds);
    }

    /// What is to be said by now; the first line as soon as the face is there.
    void speak(std::int64_t now_ns) {
        if (!has_picture() && options_.plane != "none") {
            return;
        }
        spoke_ns_ = spoke_ns_ != 0 ? spoke_ns_ : now_ns;
        if (!options_.is_live) {
            for (; speeches_.size() < options_.lines.size();) {
                const Wav& line = options_.lines[speeches_.size()];
                speeches_.emplace_back();
                speeches_.back().say = npc_.say(line.samples.data(), line.samples.size(), line.sample_rate_hz, problem_);
                note_refusal();
            }
        } else {
            push(now_ns);
        }
        if (options_.interrupt_s >= 0 && !interrupted_ && seconds_in(now_ns - spoke_ns_) >= options_.interrupt_s) {
            interrupted_ = true;
            npc_.interrupt();
        }
    }

    void push(std::int64_t now_ns) {
        const bool idle = speeches_.empty() || speeches_.back().pushed == options_.lines[speeches_.size() - 1].samples.size();
        if (idle && speeches_.size() < options_.lines.size() && !interrupted_) {
            speeches_.emplace_back();
            const Wav& line = options_.lines[speeches_.size() - 1];
            speeches_.back().say = npc_.begin(line.sample_rate_hz, SampleFormat::f32, problem_);
            line_ns_ = now_ns;
            note_refusal();
        }
        if (!speeches_.empty()) {
            Speech& speech = speeches_.back();
            const Wav& line = options_.lines[speeches_.size() - 1];
            const auto now = static_cast<std::size_t>(samples_in(now_ns - line_ns_, line.sample_rate_hz));
            const std::size_t to = std::min(now, line.samples.size());
            if (to > speech.pushed) {
                npc_.push(speech.say, line.samples.data() + speech.pushed, to - speech.pushed, problem_);
                speech.pushed = to;
                if (to == line.samples.size()) {
                    npc_.end(speech.say);
                }
            }
        }
    }

    void note_refusal() {
        if (speeches_.back().say == 0) {
            speeches_.back().state = "refused";
            problems_.push_back(problem_.sentence());
        }
    }

    void tick(std::int64_t now_ns) {
        ++ticks_;
        Notice notice;
        while (client_.notice(notice)) {
            hear(notice, now_ns);
        }
        const std::int64_t offset_ns = client_.offset_ns();
        for (const Arrival& one : npc_.take()) {
            player_.receive(one.media, now_ns, offset_ns, one.arrived_ns);
        }
        const Picture* picture = player_.present(now_ns);
        if (picture != nullptr) {
            first_picture_ns_ = first_picture_ns_ != 0 ? first_picture_ns_ : now_ns;
            if (!picture->shape.empty()) {
                vertices_ = picture->shape.vertex_count();
                picture_.resize(3 * vertices_);
                picture->shape.vertices(picture_.data());
            }
            player_.displayed(now_ns);
        }
        Happening happening;
        while (player_.happened(now_ns, happening)) {
            static constexpr const char* WORDS[] = {"started", "ended", "interrupted"};
            happened_.push_back(WORDS[static_cast<std::size_t>(happening.kind)]);
            ends_ += happening.kind != Happening::Kind::started;
        }
    }

    void hear(const Notice& notice, std::int64_t now_ns) {
        if (notice.kind == Notice::Kind::welcome) {
            welcome_ns_ = welcome_ns_ != 0 ? welcome_ns_ : now_ns;
            run_ = notice.run;
            ++greetings_;
        } else if (notice.kind == Notice::Kind::line) {
            for (std::size_t i = 0; i < speeches_.size(); ++i) {
                if (speeches_[i].say == notice.say) {
                    speeches_[i].state = STATES[static_cast<std::size_t>(notice.state)];
                    speeches_[i].played_s = static_cast<double>(notice.played_samples) / options_.lines[i].sample_rate_hz;
                    heard_lines_ += notice.state == SpeechState::done && options_.plane != "none";
                }
            }
        }
        if (notice.problem) {
            problems_.push_back(notice.problem.sentence());
        }
        if (options_.is_verbose && notice.problem) {
            std::fprintf(stderr, "%s\n", notice.problem.sentence().c_str());
        }
    }

    const Options& options_;
    Client client_;
    SilentSink sink_;
    Player player_;
    Npc npc_;
    Problem problem_;
    Status status_;
    std::string run_;
    std::vector<Speech> speeches_;
    std::vector<std::string> happened_, problems_;
    std::vector<float> picture_;
    Samples ticks_ms_;
    std::size_t vertices_ = 0, ends_ = 0, heard_lines_ = 0;
    std::int64_t began_ns_ = 0, welcome_ns_ = 0, first_picture_ns_ = 0, spoke_ns_ = 0, line_ns_ = 0;
    std::int64_t longest_tick_ns_ = 0, ticks_ = 0, greetings_ = 0;
    bool interrupted_ = false;
};

int run_cycles(const Options& options) {
    Samples joins_ms;
    double worst_ms = 0;
    int pictures = 0;
    for (int i = 0; i < options.cycles; ++i) {
        Run run(options);
        if (!run.play()) {
            return 1;
        }
        const double join_ms = run.stop_ms();
        joins_ms.add(join_ms);
        worst_ms = std::max(worst_ms, join_ms);
        pictures += run.has_picture();
    }
    Json out = Json::object();
    out.set("cycles", Json::whole(options.cycles));
    out.set("with_picture", Json::whole(pictures));
    out.set("join_p50_ms", number(joins_ms.percentile(0.5)));
    out.set("join_worst_ms", number(worst_ms));
    std::printf("%s\n", out.text().c_str());
    return 0;
}

}  // namespace

int main(int count, char** words) {
    Options options;
    if (!read_options(count, words, options)) {
        return 2;
    }
    if (options.cycles > 0) {
        return run_cycles(options);
    }
    Run run(options);
    if (!run.play()) {
        return 1;
    }
    const double join_ms = run.stop_ms();
    std::printf("%s\n", run.report(join_ms).text().c_str());
    return 0;
}
