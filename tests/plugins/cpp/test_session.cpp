// The scripts of tests/bridge/vectors/session/: what comes of what, as session_scripts.py describes them.
#include <cstdint>
#include <string>
#include <vector>

#include "Files.h"
#include "Json.h"
#include "MessageJson.h"
#include "Talkwire/Session.h"
#include "check.h"

using namespace talkwire;

namespace {

constexpr const char* ROUTES[] = {"control", "media", "motion"};
constexpr const char* STATES[] = {"off", "connecting", "greeting", "ready", "waiting", "failed"};
constexpr const char* TOLD[] = {"welcome", "lost", "refused", "opened", "closed", "interrupted", "line", "error"};
constexpr const char* SPEECH[] = {"queued", "speaking", "done", "interrupted", "refused"};

template <std::size_t N>
std::size_t index_of(const char* const (&words)[N], const std::string& word) {
    for (std::size_t i = 0; i < N; ++i) {
        if (word == words[i]) {
            return i;
        }
    }
    checks::fail(__FILE__, __LINE__, "no such word: " + word);
    return 0;
}

/// Sample i of anything that is said.
std::int16_t sample(std::uint64_t i) {
    return static_cast<std::int16_t>(i % 30'000);
}

Sound sound(const Pool& pool, std::uint64_t from, std::uint32_t count) {
    Sound made;
    made.count = count;
    made.samples = pool.take(2 * count);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::int16_t value = sample(from + i);
        std::memcpy(made.samples.data() + 2 * i, &value, 2);
    }
    return made;
}

/// Writes down what is to be done, as the scripts do.
class Diary : public SessionOutput {
public:
    std::vector<Json> done;

    void connect(Route route, std::uint16_t port) override {
        Json one = Json::object();
        one.set("connect", Json::string(name(route)));
        if (port != 0) {
            one.set("port", Json::whole(port));
        }
        done.push_back(one);
    }
    void close(Route route) override {
        Json one = Json::object();
        one.set("close", Json::string(name(route)));
        done.push_back(one);
    }
    void send(Bytes message) override {
        Control control;
        Problem problem;
        CHECK(decode_control(message, Sender::client, control, problem));
        Json said = Json::object();
        if (const auto* chunk = std::get_if<ChunkS16>(&control)) {
            said = said_of(*chunk);
        } else {
            add_message(control, said);
        }
        Json one = Json::object();
        one.set("send", said);
        done.push_back(one);
    }
    bool has_room() override { return true; }
    void subscribe(Route route, std::string_view session, Plane plane, bool wanted) override {
        Json what = Json::object(), one = Json::object();
        what.set("session", Json::string(session));
        what.set("plane", Json::string(plane_name(plane)));
        what.set("socket", Json::string(name(route)));
        one.set(wanted ? "subscribe" : "unsubscribe", what);
        done.push_back(one);
    }
    void tell(Notice notice) override {
        Json one = Json::object();
        one.set("told", Json::string(TOLD[static_cast<std::size_t>(notice.kind)]));
        switch (notice.kind) {
            case Notice::Kind::welcome:
                one.set("run", Json::string(notice.run));
                one.set("restarted", Json::boolean(notice.restarted));
                break;
            case Notice::Kind::lost:
                one.set("why", Json::string(notice.code));
                break;
            case Notice::Kind::refused:
                one.set("code", Json::string(notice.code));
                CHECK(notice.problem);
                break;
            case Notice::Kind::opened:
                one.set("session", Json::string(notice.session));
                one.set("frames", Json::string(plane_name(notice.frames)));
                break;
            case Notice::Kind::closed:
                one.set("session", Json::string(notice.session));
                break;
            case Notice::Kind::interrupted:
                one.set("session", Json::string(notice.session));
                one.set("generation", Json::whole(notice.generation));
                break;
            case Notice::Kind::line:
                one.set("say", Json::whole(notice.say));
                one.set("state", Json::string(SPEECH[static_cast<std::size_t>(notice.state)]));
                one.set("played", Json::whole(static_cast<std::int64_t>(notice.played_samples)));
                one.set("utterance", Json::whole(notice.utterance));
                break;
            case Notice::Kind::error:
                one.set("code", Json::string(notice.code));
                one.set("of", Json::string(notice.of));
                if (!notice.session.empty()) {
                    one.set("session", Json::string(notice.session));
                }
                if (notice.of == "Open") {
                    one.set("avatar", Json::string(notice.avatar));
                }
                break;
        }
        done.push_back(one);
    }

private:
    static const char* name(Route route) { return ROUTES[static_cast<std::size_t>(route)]; }

    /// Its samples as [first, count], which they say themselves.
    static Json said_of(const ChunkS16& chunk) {
        Json said = Json::object(), range = Json::array();
        const auto first = load<std::int16_t>(chunk.samples.data, 0);
        for (std::size_t i = 0; i < chunk.samples.size / 2; ++i) {
            CHECK_EQ(load<std::int16_t>(chunk.samples.data, i), sample(static_cast<std::uint64_t>(first) + i));
        }
        range.add(Json::whole(first));
        range.add(Json::whole(static_cast<std::int64_t>(chunk.samples.size / 2)));
        said.set("type", Json::string("ChunkS16"));
        said.set("ref", Json::whole(chunk.ref));
        said.set("session", Json::string(chunk.session));
        said.set("line", Json::whole(chunk.line));
        said.set("samples", range);
        return said;
    }
};

/// A script's session, what is done by it, and how much of each thing was said.
struct Stage {
    Pool pool;
    Diary diary;
    Session session;
    std::vector<std::uint64_t> said;

    Stage(const Json& hello, double chance) : session(introduction(hello), chance, diary), said(100) {}

    static Introduction introduction(const Json& hello) {
        Introduction made;
        made.agent = hello["agent"].as_string();
        made.token = hello["token"].as_string();
        made.bandwidth_kbit_s = static_cast<std::uint32_t>(hello["bandwidth_kbit_s"].as_whole());
        made.capabilities.clear();
        for (const Json& one : hello["capabilities"].items()) {
            made.capabilities.push_back(one.as_string());
        }
        return made;
    }

    Sound more(std::size_t say, const Json& count) {
        const auto samples = static_cast<std::uint32_t>(count.as_whole());
        const std::uint64_t from = said[say];
        said[say] += samples;
        return sound(pool, from, samples);
    }

    void wish(const Json& in, std::int64_t now_ns) {
        const std::string& wish = in["wish"].as_string();
        const std::string& npc = in["session"].as_string();
        const auto say = static_cast<std::uint32_t>(in["say"].as_whole());
        if (wish == "start") {
            session.start(now_ns);
        } else if (wish == "stop") {
            session.stop(now_ns);
        } else if (wish == "open") {
            session.open(npc, in["avatar"].as_string(), now_ns);
        } else if (wish == "leave") {
            session.leave(npc, now_ns);
        } else if (wish == "interrupt") {
            session.interrupt(npc, now_ns);
        } else if (wish == "read") {
            Planes planes;
            for (const Json& one : in["planes"].items()) {
                Plane plane;
                CHECK(plane_of(one.as_string(), plane));
                planes.add(plane);
            }
            session.read(npc, planes, now_ns);
        } else if (wish == "say") {
            const auto rate_hz = static_cast<std::uint32_t>(in["sample_rate_hz"].as_whole());
            session.say(npc, say, rate_hz, SampleFormat::s16, more(say, in["samples"]), in["ended"].as_bool(), now_ns);
        } else {
            CHECK_EQ(wish, "more");
            session.more(say, more(say, in["samples"]), in["ended"].as_bool(), now_ns);
        }
    }

    void take(const Json& in, std::int64_t now_ns) {
        Problem why;
        refuse(why, Problem::Kind::link, "it broke", "a script", "none", "none");
        if (in.has("wish")) {
            wish(in, now_ns);
        } else if (in.has("connected")) {
            session.connected(static_cast<Route>(index_of(ROUTES, in["connected"].as_string())), now_ns);
        } else if (in.has("lost")) {
            session.lost(static_cast<Route>(index_of(ROUTES, in["lost"].as_string())), why, now_ns);
        } else if (in.has("message")) {
            session.received(bytes(in["message"].as_string()), now_ns);
        } else if (in.has("got")) {
            Plane plane = Plane::mesh;
            TopologyId id;
            CHECK(plane_of(in["got"].as_string(), plane));
            in["topology_id"].as_string().copy(id.digits, 16);
            session.got(plane, in["session"].as_string(), id, now_ns);
        } else {
            CHECK(in.has("tick"));
            session.tick(now_ns);
        }
    }

    Buffer held;
    Bytes bytes(const std::string& hexadecimal) {
        held.clear();
        for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2) {
            held.push_back(static_cast<std::uint8_t>(std::stoul(hexadecimal.substr(i, 2), nullptr, 16)));
        }
        return held;
    }
};

void play(const std::string& path) {
    Buffer bytes;
    Json script;
    std::string why;
    CHECK(read_file(path, bytes, why));
    CHECK(Json::read({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, script, why));
    Stage stage(script["hello"], script["chance"].as_double());
    for (const Json& step : script["steps"].items()) {
        const std::int64_t now_ns = step["at_ns"].as_whole();
        stage.diary.done.clear();
        stage.take(step["in"], now_ns);
        Json done = Json::array();
        for (const Json& one : stage.diary.done) {
            done.add(one);
        }
        const std::string state = STATES[static_cast<std::size_t>(stage.session.state())];
        if (done.text() != step["out"].text() || state != step["state"].as_string() ||
            stage.session.offset_ns() != step["offset_ns"].as_whole()) {
            checks::fail(__FILE__, __LINE__,
                         path + " after " + step["in"].text() + "\n  did    " + done.text() + " " + state + " " +
                             std::to_string(stage.session.offset_ns()) + "\n  wanted " + step["out"].text() + " " +
                             step["state"].as_string() + " " + step["offset_ns"].text());
            return;
        }
        // A session that is asked when it is due is never asked too late, nor at once again for ever.
        if (stage.session.due_ns() <= now_ns && step["in"].has("tick")) {
            checks::fail(__FILE__, __LINE__, path + ": it is due again at once");
        }
    }
}

}  // namespace

TEST(every_script_is_followed) {
    std::vector<std::string> paths;
    std::string why;
    CHECK(list_folder(checks::vectors() + "/session", ".json", paths, why));
    CHECK(paths.size() >= 15);
    for (const std::string& path : paths) {
        play(path);
    }
}

TEST(what_makes_no_sense_changes_nothing) {
    Diary diary;
    Session session({}, 0, diary);
    session.start(1);
    session.connected(Route::control, 2);
    diary.done.clear();
    for (const char* text : {"", "x", "\x93\x02\x01", "\xc1", "\x95\x63\x01\x02\x03\x04"}) {
        session.received({reinterpret_cast<const std::uint8_t*>(text), std::strlen(text)}, 3);
    }
    CHECK_EQ(session.misread(), 5u);
    CHECK(session.state() == Session::State::greeting);
    CHECK_EQ(diary.done.size(), 5u);  // it is told of each
    session.tick(2 + Session::ANSWER_NS);
    CHECK(session.state() == Session::State::waiting);
    CHECK(session.problem().sentence().find("silence for 2 s") != std::string::npos);
}

TEST(styles_in_a_line_go_where_they_belong_though_it_begins_anew) {
    struct Voice : SpeakerOutput {
        std::string done;
        std::uint32_t ref = 0;
        bool has_room() override { return true; }
        std::uint32_t send_begin(std::string_view, std::uint32_t line, std::uint32_t) override {
            done += " begin" + std::to_string(line);
            return ++ref;
        }
        std::uint32_t send_chunk(std::string_view, std::uint32_t, SampleFormat, Bytes samples) override {
            done += " " + std::to_string(samples.size / 4);
            return ++ref;
        }
        std::uint32_t send_end(std::string_view, std::uint32_t) override {
            done += " end";
            return ++ref;
        }
        std::uint32_t send_style(std::string_view, std::uint32_t, std::uint64_t pts, Bytes message) override {
            done += " " + std::string(reinterpret_cast<const char*>(message.data), message.size) + "@" + std::to_string(pts);
            return ++ref;
        }
        void tell_line(const std::string&, std::uint32_t, SpeechState, std::uint64_t, std::uint32_t) override {}
    };
    const Pool pool;
    const auto named = [&](char name) {
        Block made = pool.take(1);
        *made.data() = static_cast<std::uint8_t>(name);
        return made;
    };
    const auto quiet = [&](std::uint32_t count) {
        Sound made;
        made.samples = pool.take(4 * count);
        std::memset(made.samples.data(), 0, 4 * count);
        made.count = count;
        return made;
    };
    Voice voice;
    Speaker speaker(voice);
    speaker.add(5, "nova", 8'000, SampleFormat::f32, quiet(1'000), true);
    CHECK(speaker.style(5, 600, named('c')));
    CHECK(speaker.style(5, 100, named('a')));
    CHECK(speaker.style(5, 300, named('b')));
    speaker.open("nova", 30);
    CHECK_EQ(voice.done, " begin1 a@100 b@300 c@600 800 200 end");
    CHECK(speaker.style(5, 700, named('d')));
    speaker.progress({"nova", 1, LineState::speaking, 1, 900, 400});
    voice.done.clear();
    speaker.stand();
    speaker.resume(true);
    speaker.open("nova", 30);
    CHECK_EQ(voice.done, " begin2 b@0 c@200 d@300 600 end");
    for (int i = 0; i < 100; ++i) {
        speaker.style(5, 900, named('x'));
    }
    CHECK(!speaker.style(5, 900, named('x')));
    CHECK(!speaker.style(6, 0, named('x')));
    CHECK(speaker.refused(voice.ref));
    CHECK_EQ(speaker.lines(), 0u);
    CHECK_EQ(speaker.kept_bytes(), 0u);
}

TEST(a_style_is_told_to_each_server) {
    Diary diary;
    Session session({}, 0, diary);
    Pool pool;
    Style style;
    style.session = "nova";
    style.strength = 1.25;
    Buffer message, welcome, opened;
    Problem problem;
    CHECK(encode(style, message, problem));
    session.start(1);
    session.open("nova", "", 1);
    session.style("nova", message, 1);
    std::int64_t now_ns = 2;
    std::uint16_t port = 5000;
    for (const char* run : {"aa", "bb"}) {
        session.connected(Route::control, ++now_ns);
        const auto hello = diary.done.back()["send"]["ref"].as_whole();
        Welcome answer;
        answer.ref = static_cast<std::uint32_t>(hello);
        answer.agent = "a test";
        answer.media_port = ++port;
        answer.motion_port = ++port;
        answer.run = run;
        welcome.clear();
        CHECK(encode(answer, welcome, problem));
        session.received(welcome, ++now_ns);
        Opened is_open;
        is_open.ref = static_cast<std::uint32_t>(diary.done.back()["send"]["ref"].as_whole());
        is_open.session = "nova";
        std::string("0123456789abcdef").copy(is_open.topology_id.digits, 16);
        is_open.frame_rate_hz = 60;
        is_open.frames = "frame/later";  // of a later server
        opened.clear();
        CHECK(encode(is_open, opened, problem));
        session.received(opened, ++now_ns);
        const Json& last = diary.done.back()["send"];
        CHECK_EQ(last["type"].as_string(), "Style");
        CHECK_EQ(last["strength"].as_double(), 1.25);
        const Json& told = diary.done[diary.done.size() - 2];
        CHECK_EQ(told["frames"].as_string(), "frame/q16");
        session.lost(Route::control, problem, ++now_ns);
    }
}
