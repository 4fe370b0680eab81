// The player does what the reference player did: tests/bridge/vectors/playing, whose format is said in traces.py.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "Json.h"
#include "Talkwire/Player.h"
#include "check.h"

using namespace talkwire;

namespace {

/// SilentSink that remembers what speed it was told.
class Told : public SilentSink {
public:
    double speed = 1.0;

    void start(std::int32_t sample_rate_hz, std::int64_t now_ns) override {
        speed = 1.0;
        SilentSink::start(sample_rate_hz, now_ns);
    }
    void set_speed(double to, std::int64_t now_ns) override {
        speed = to;
        SilentSink::set_speed(to, now_ns);
    }
};

Buffer unhex(const std::string& text) {
    Buffer bytes;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == ' ') {
            ++i;
            continue;
        }
        const auto byte = static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16));
        i += 2;
        if (i < text.size() && text[i] == '*') {
            std::size_t length = 0;
            const auto times = static_cast<std::size_t>(std::stoi(text.substr(i + 1), &length));
            bytes.insert(bytes.end(), times, byte);
            i += 1 + length;
        } else {
            bytes.push_back(byte);
        }
    }
    return bytes;
}

const char* kind_of(Happening::Kind kind) {
    return kind == Happening::Kind::started ? "started" : kind == Happening::Kind::ended ? "ended" : "interrupted";
}

/// One trace, played.
class Playing {
public:
    Playing(const std::string& name, const Json& trace) : name_(name), trace_(trace) {
        Player::Settings settings;
        settings.av_offset_ms = trace["av_offset_ms"].as_double();
        player_ = std::make_unique<Player>(sink_, settings);
    }

    void run() {
        for (const Json& step : trace_["steps"].items()) {
            const std::int64_t now_ns = step["at_ns"].as_whole();
            if (step.has("part")) {
                const Buffer part = unhex(step["part"].as_string());
                Problem problem;
                Media media;
                if (!decode_media(part, media, problem)) {
                    wrong("a part is refused: " + problem.sentence(), now_ns);
                }
                player_->receive(media, now_ns);
            } else {
                answer(step["answer"], now_ns);
            }
        }
        const Stats& stats = player_->stats();
        const std::pair<const char*, std::int64_t> counts[] = {
            {"sent", stats.sent},     {"received", stats.received},     {"late", stats.late},
            {"pictures", stats.pictures}, {"rested", stats.rested}, {"sound_gaps", stats.sound_gaps},
            {"underruns", stats.underruns},
        };
        for (const auto& [what, count] : counts) {
            same(what, static_cast<double>(count), trace_["stats"][what].as_double(-1), 0.0, 0);
        }
    }

private:
    void answer(const Json& wanted, std::int64_t now_ns) {
        const Picture* shown = player_->present(now_ns);
        player_->displayed(now_ns);
        std::size_t told = 0;
        for (Happening next; player_->happened(now_ns, next); ++told) {
            const Json& one = wanted["happened"][told];
            if (one[0].as_string() != kind_of(next.kind)) {
                wrong(std::string("told ") + kind_of(next.kind), now_ns);
            }
            same("utterance told", next.utterance, one[1].as_double(-1), 0.0, now_ns);
            same("generation told", next.generation, one[2].as_double(-1), 0.0, now_ns);
            same("heard_s told", next.heard_s, one[3].as_double(-1), 3e-4, now_ns);
        }
        same("count told", static_cast<double>(told), static_cast<double>(wanted["happened"].size()), 0.0, now_ns);
        const auto heard = static_cast<double>(sink_.heard(now_ns));
        same("heard", heard, wanted["heard"].as_double(-1), 1.0, now_ns);
        same("speed", sink_.speed, wanted["speed"].as_double(), 1e-5, now_ns);
        same("target_ms", player_->buffer().target_ms(), wanted["target_ms"].as_double(), 1e-3, now_ns);
        same("depth_ms", player_->depth_ms(), wanted["depth_ms"].as_double(), 0.3, now_ns);
        // where the place is the same, so are its numbers
        picture(shown, wanted["shown"], heard == wanted["heard"].as_double() ? 1.0 : 20.0, now_ns);
    }

    void picture(const Picture* shown, const Json& wanted, double loose, std::int64_t now_ns) {
        if (shown == nullptr || wanted.is_null()) {
            if ((shown == nullptr) != wanted.is_null()) {
                wrong(shown == nullptr ? "nothing is shown" : "something is shown", now_ns);
            }
            return;
        }
        same("utterance", shown->utterance, wanted["utterance"].as_double(-1), 0.0, now_ns);
        same("generation", shown->generation, wanted["generation"].as_double(-1), 0.0, now_ns);
        same("idle", shown->idle, wanted["idle"].as_bool(), 0.0, now_ns);
        same("at_rest", shown->at_rest, wanted["at_rest"].as_bool(), 0.0, now_ns);
        same("time_s", shown->time_s, wanted["time_s"].as_double(-1), 3e-4, now_ns);
        same("heard_s", shown->heard_s, wanted["heard_s"].as_double(-1), 3e-4, now_ns);
        for (std::size_t i = 0; i < trace_["weights"].size(); ++i) {
            const auto which = static_cast<std::size_t>(trace_["weights"][i].as_whole());
            same("weight", shown->face.weights[which], wanted["weights"][i].as_double(-1), 1e-4 * loose, now_ns);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            const double turn = wanted["head_rotation"][i].as_double(-2);
            same("head_rotation", shown->face.head_rotation[i], turn, 1e-4 * loose, now_ns);
        }
        for (std::size_t i = 0; i < 3; ++i) {
            const double move = wanted["head_translation_m"][i].as_double(-1);
            same("head_translation_m", shown->face.head_translation_m[i], move, 2.5e-6 * loose, now_ns);
        }
        const Json& vertices = wanted["vertices"];
        same("has vertices", !shown->shape.empty(), !vertices.is_null(), 0.0, now_ns);
        if (!shown->shape.empty() && !vertices.is_null()) {
            std::vector<float> seen(3 * shown->shape.vertex_count());
            shown->shape.vertices(seen.data());
            for (std::size_t i = 0; i < trace_["vertices"].size(); ++i) {
                const auto which = static_cast<std::size_t>(trace_["vertices"][i].as_whole());
                for (std::size_t axis = 0; axis < 3; ++axis) {
                    const double place_m = vertices[3 * i + axis].as_double(-1);
                    same("vertex", seen[3 * which + axis], place_m, 2.5e-6 * loose, now_ns);
                }
            }
        }
        const Json& patch = wanted["patch"];
        same("has a patch", static_cast<bool>(shown->patch), !patch.is_null(), 0.0, now_ns);
        if (shown->patch && !patch.is_null()) {
            same("utterance of the patch", shown->patch->utterance, patch[0].as_double(-1), 0.0, now_ns);
            same("pts of the patch", static_cast<double>(shown->patch->pts), patch[1].as_double(-1), 0.0, now_ns);
        }
    }

    void same(const std::string& what, double seen, double wanted, double most, std::int64_t now_ns) {
        if (!(std::fabs(seen - wanted) <= most)) {
            wrong(what + " is " + std::to_string(seen) + ", wanted " + std::to_string(wanted), now_ns);
        }
    }

    void wrong(const std::string& why, std::int64_t now_ns) {
        if (++wrong_ <= 5) {
            checks::fail(name_.c_str(), 0, "at " + std::to_string(now_ns) + " ns: " + why);
        } else {
            ++checks::failures;
        }
    }

    std::string name_;
    const Json& trace_;
    Told sink_;
    std::unique_ptr<Player> player_;
    int wrong_ = 0;
};

}  // namespace

TEST(every_trace_is_played_as_the_reference_player_plays_it) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(checks::vectors() + "/playing")) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    CHECK(paths.size() >= 15);
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        Json trace;
        std::string why;
        if (!Json::read(text, trace, why)) {
            checks::fail(path.c_str(), 0, why);
            continue;
        }
        const int before = checks::failures;
        Playing(path.stem().string(), trace).run();
        std::printf("%s: %zu steps%s\n", path.stem().c_str(), trace["steps"].size(),
                    checks::failures == before ? "" : ", NOT as it was");
    }
}
