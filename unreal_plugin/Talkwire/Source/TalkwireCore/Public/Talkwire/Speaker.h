// Lines that are said over a connection that may break: sent as far as the NPC has room for them, begun anew where it
// was cut.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "Talkwire/Api.h"
#include "Talkwire/Messages.h"
#include "Talkwire/Notice.h"
#include "Talkwire/Pool.h"

namespace talkwire {

/// How sound is given, and sent on.
enum class SampleFormat : std::uint8_t { s16, f32 };

/// More of a line: `count` mono samples.
struct Sound {
    Block samples;
    std::uint32_t count = 0;
};

/// What a speaker has done by others.
class SpeakerOutput {
public:
    virtual ~SpeakerOutput() = default;
    /// Whether another message may go now. When it may again, call Speaker::pump.
    virtual bool has_room() = 0;
    /// Send it, and the number it was given.
    virtual std::uint32_t send_begin(std::string_view session, std::uint32_t line, std::uint32_t rate_hz) = 0;
    virtual std::uint32_t send_chunk(std::string_view session, std::uint32_t line, SampleFormat format,
                                     Bytes samples) = 0;
    virtual std::uint32_t send_end(std::string_view session, std::uint32_t line) = 0;
    /// A Style message, to be taken up when the line comes to sample pts.
    virtual std::uint32_t send_style(std::string_view session, std::uint32_t line, std::uint64_t pts, Bytes message) = 0;
    /// What is said has come so far. utterance: that it is spoken as; 0 until that is known.
    virtual void tell_line(const std::string& session, std::uint32_t say, SpeechState state, std::uint64_t played,
                           std::uint32_t utterance) = 0;
};

/// Pure: no socket, no clock. Lines that are not over, in the order in which they were said. Samples are counted from
/// the beginning of what is said, whatever lines of the protocol it becomes. What has not been heard is kept.
class TALKWIRECORE_API Speaker {
public:
    static constexpr double CHUNK_S = 0.1;
    static constexpr double CREDIT_SHARE = 0.9;  // of what the NPC may have waiting: what Progress says is a little old
    static constexpr std::size_t MAX_BEGUN = 30;   // lines of an NPC at the server, which takes 32
    static constexpr std::size_t MAX_STYLES = 60;  // of a line; the server takes 64
    static constexpr std::size_t MAX_CUT = 64;     // lines of an NPC that were cut, of which the server has more to say

    explicit Speaker(SpeakerOutput& output) : output_(output) {}

    /// Something new is said. say: the game's own number for it.
    void add(std::uint32_t say, std::string_view session, std::uint32_t rate_hz, SampleFormat format, Sound sound,
             bool ended);
    /// More of it. False when it is over.
    bool more(std::uint32_t say, Sound sound, bool ended);
    /// How it goes on from sample pts: a Style message. False when it is over, or has MAX_STYLES.
    bool style(std::uint32_t say, std::uint64_t pts, Block message);

    /// All that is said to this NPC is over, and nobody wants to know more of it.
    void drop(std::string_view session);
    /// It is cut. The server will say yet as which utterances it was spoken, if at all; that is still told.
    void interrupt(std::string_view session);

    /// The server refused the message with this number. True when it was of a line, which is over then.
    bool refused(std::uint32_t ref);
    /// Nobody is there to hear.
    void stand();
    /// A server has greeted: each is a new line, from where it had it, or where another one had played it.
    void resume(bool restarted);
    /// The NPC may be spoken to, and have so much waiting.
    void open(std::string_view session, double max_queued_s);
    /// It may not, until it is open again.
    void close(std::string_view session);
    void progress(const Progress& news);
    /// Send what could not go.
    void pump();

    /// Bytes of sound that are kept.
    std::size_t kept_bytes() const { return kept_bytes_; }
    std::size_t lines() const { return lines_.size(); }

private:
    struct Piece {
        Sound sound;
        std::uint64_t first = 0;
    };
    struct Styling {
        std::uint64_t pts = 0;
        Block message;
    };
    /// Numbers of messages, from first to last.
    struct Refs {
        std::uint32_t first = 0, last = 0;
    };
    struct Line {
        std::uint32_t say = 0;
        std::string session;
        std::uint32_t rate_hz = 0;
        SampleFormat format = SampleFormat::s16;
        std::uint64_t samples = 0;  // that there are, so far
        bool ended = false;         // there will be no more
        std::uint32_t number = 0;   // of the line that it is at the server; 0: none
        std::uint64_t begun_at = 0;  // where that line began
        std::uint64_t sent = 0, received = 0, played = 0;
        bool end_sent = false;
        SpeechState state = SpeechState::queued;  // that was told, if any was
        bool told = false;
        std::uint32_t utterance = 0;  // that was told
        std::vector<Refs> refs;     // of its messages
        std::vector<Piece> pieces;  // from what was played on
        std::vector<Styling> styles;  // by pts
    };
    /// A line that was cut.
    struct Cut {
        std::uint32_t say = 0, number = 0, utterance = 0;
        std::uint64_t played = 0;
        std::string session;
    };
    struct Ear {
        std::string session;
        double max_queued_s = 0;
    };

    void send(std::string_view session);
    void begin(Line& line);
    bool send_sound(Line& line, double& waiting_s, double most_s);
    Bytes gather(const Line& line, std::uint32_t count);
    void keep(Line& line, Sound sound);
    void forget_played(Line& line);
    void remove(std::size_t index);
    void tell(Line& line, SpeechState state);
    void tell_cut(const Progress& news);
    void remember(const Line& line);
    static void note(Line& line, std::uint32_t ref);

    SpeakerOutput& output_;
    std::vector<Line> lines_;
    std::vector<Cut> cut_;
    std::vector<Ear> ears_;  // of NPCs that are open
    std::uint32_t next_number_ = 1;
    std::size_t kept_bytes_ = 0;
    Buffer chunk_;
};

}  // namespace talkwire
