#include "Talkwire/Speaker.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace talkwire {

namespace {

constexpr std::size_t MOST_REFS = 64;  // stretches of a line's messages that an Error can be told by

std::size_t sample_bytes(SampleFormat format) {
    return format == SampleFormat::s16 ? 2 : 4;
}

double seconds(std::uint64_t samples, std::uint32_t rate_hz) {
    return static_cast<double>(samples) / static_cast<double>(rate_hz);
}

SpeechState state_of(LineState state) {
    switch (state) {
        case LineState::queued: return SpeechState::queued;
        case LineState::speaking: return SpeechState::speaking;
        case LineState::done: return SpeechState::done;
        case LineState::interrupted: break;
    }
    return SpeechState::interrupted;
}

}  // namespace

void Speaker::add(std::uint32_t say, std::string_view session, std::uint32_t rate_hz, SampleFormat format,
                  Sound sound, bool ended) {
    Line line;
    line.say = say;
    line.session = std::string(session);
    line.rate_hz = rate_hz;
    line.format = format;
    line.ended = ended;
    line.refs.reserve(MOST_REFS);
    keep(line, std::move(sound));
    lines_.push_back(std::move(line));
    send(session);
}

bool Speaker::more(std::uint32_t say, Sound sound, bool ended) {
    const auto line = std::find_if(lines_.begin(), lines_.end(), [say](const Line& one) { return one.say == say; });
    if (line == lines_.end()) {
        return false;
    }
    keep(*line, std::move(sound));
    line->ended = line->ended || ended;
    const std::string session = line->session;
    send(session);
    return true;
}

bool Speaker::style(std::uint32_t say, std::uint64_t pts, Block message) {
    const auto line = std::find_if(lines_.begin(), lines_.end(), [say](const Line& one) { return one.say == say; });
    if (line == lines_.end() || line->styles.size() == MAX_STYLES) {
        return false;
    }
    if (line->number != 0) {
        const std::uint64_t at = pts > line->begun_at ? pts - line->begun_at : 0;
        note(*line, output_.send_style(line->session, line->number, at, message.bytes()));
    }
    const auto after = std::find_if(line->styles.begin(), line->styles.end(),
                                    [pts](const Styling& one) { return one.pts > pts; });
    line->styles.insert(after, {pts, std::move(message)});
    return true;
}

void Speaker::drop(std::string_view session) {
    close(session);
    for (std::size_t i = lines_.size(); i > 0; --i) {
        if (lines_[i - 1].session == session) {
            remove(i - 1);
        }
    }
    cut_.erase(std::remove_if(cut_.begin(), cut_.end(), [&](const Cut& one) { return one.session == session; }),
               cut_.end());
}

void Speaker::interrupt(std::string_view session) {
    for (std::size_t i = 0; i < lines_.size();) {
        if (lines_[i].session != session) {
            ++i;
            continue;
        }
        tell(lines_[i], SpeechState::interrupted);
        remember(lines_[i]);
        remove(i);
    }
}

bool Speaker::refused(std::uint32_t ref) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        Line& line = lines_[i];
        const bool its = std::any_of(line.refs.begin(), line.refs.end(),
                                     [ref](const Refs& refs) { return refs.first <= ref && ref <= refs.last; });
        if (its) {
            tell(line, SpeechState::refused);
            const std::string session = line.session;
            remove(i);
            send(session);
            return true;
        }
    }
    return false;
}

void Speaker::stand() {
    ears_.clear();
}

void Speaker::resume(bool restarted) {
    for (Line& line : lines_) {
        const std::uint64_t at = restarted ? line.played : line.received;
        line.begun_at = line.sent = line.received = line.played = at;
        line.number = 0;
        line.utterance = 0;
        line.end_sent = false;
        line.refs.clear();
        forget_played(line);
    }
    cut_.clear();
}

void Speaker::open(std::string_view session, double max_queued_s) {
    const auto ear = std::find_if(ears_.begin(), ears_.end(), [&](const Ear& one) { return one.session == session; });
    if (ear != ears_.end()) {
        ear->max_queued_s = max_queued_s;
    } else {
        ears_.push_back({std::string(session), max_queued_s});
    }
    send(session);
}

void Speaker::close(std::string_view session) {
    ears_.erase(std::remove_if(ears_.begin(), ears_.end(), [&](const Ear& one) { return one.session == session; }),
                ears_.end());
}

void Speaker::progress(const Progress& news) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        Line& line = lines_[i];
        if (line.number == 0 || line.number != news.line || line.session != news.session) {
            continue;
        }
        line.received = std::min(line.begun_at + news.received_samples, line.sent);
        line.played = std::min(line.begun_at + news.played_samples, line.received);
        const bool whole = line.ended && line.received == line.samples;
        const SpeechState now = state_of(news.state);
        // A server that had forgotten us calls done what it ended itself.
        const SpeechState state = now == SpeechState::done && !whole ? SpeechState::speaking : now;
        if (!line.told || state != line.state || news.utterance != line.utterance) {
            line.utterance = news.utterance;
            tell(line, state);
        }
        if (state == SpeechState::done || state == SpeechState::interrupted) {
            remove(i);
        } else {
            forget_played(line);
        }
        send(news.session);
        return;
    }
    tell_cut(news);
}

/// As which utterance a line was spoken that was cut.
void Speaker::tell_cut(const Progress& news) {
    const auto at = std::find_if(cut_.begin(), cut_.end(), [&](const Cut& one) {
        return one.number == news.line && one.session == news.session;
    });
    if (at == cut_.end()) {
        return;
    }
    if (news.utterance != at->utterance) {
        at->utterance = news.utterance;
        output_.tell_line(at->session, at->say, SpeechState::interrupted, at->played, at->utterance);
    }
    if (news.state == LineState::done || news.state == LineState::interrupted) {
        cut_.erase(at);
    }
}

void Speaker::remember(const Line& line) {
    if (line.number == 0) {
        return;  // the server has nothing to say of it
    }
    const auto is_its = [&](const Cut& one) { return one.session == line.session; };
    if (static_cast<std::size_t>(std::count_if(cut_.begin(), cut_.end(), is_its)) == MAX_CUT) {
        cut_.erase(std::find_if(cut_.begin(), cut_.end(), is_its));
    }
    cut_.push_back({line.say, line.number, line.utterance, line.played, line.session});
}

void Speaker::pump() {
    for (std::size_t i = 0; i < ears_.size(); ++i) {
        send(ears_[i].session);
    }
}

/// As much as there is room for, one line after the other.
void Speaker::send(std::string_view session) {
    const auto ear = std::find_if(ears_.begin(), ears_.end(), [&](const Ear& one) { return one.session == session; });
    if (ear == ears_.end()) {
        return;
    }
    double waiting_s = 0;
    std::size_t begun = 0;
    for (const Line& line : lines_) {
        if (line.session == session) {
            waiting_s += seconds(line.sent - line.played, line.rate_hz);
            begun += line.number != 0;
        }
    }
    for (Line& line : lines_) {
        if (line.session != session) {
            continue;
        }
        if (!output_.has_room() || (line.number == 0 && begun == MAX_BEGUN)) {
            return;
        }
        if (line.number == 0) {
            ++begun;
            begin(line);
        }
        if (!send_sound(line, waiting_s, CREDIT_SHARE * ear->max_queued_s) || !line.ended) {
            return;
        }
        if (!line.end_sent) {
            line.end_sent = true;
            note(line, output_.send_end(session, line.number));
        }
    }
}

void Speaker::begin(Line& line) {
    line.number = next_number_++;
    note(line, output_.send_begin(line.session, line.number, line.rate_hz));
    for (std::size_t i = 0; i < line.styles.size(); ++i) {
        const bool is_past = i + 1 < line.styles.size() && line.styles[i + 1].pts <= line.begun_at;
        if (!is_past) {  // of those that lie before where it begins the last one counts
            const std::uint64_t pts = line.styles[i].pts > line.begun_at ? line.styles[i].pts - line.begun_at : 0;
            note(line, output_.send_style(line.session, line.number, pts, line.styles[i].message.bytes()));
        }
    }
}

/// Whether all there is of it has been sent.
bool Speaker::send_sound(Line& line, double& waiting_s, double most_s) {
    while (line.sent < line.samples) {
        const auto most = static_cast<std::uint64_t>(std::lround(CHUNK_S * line.rate_hz));
        const auto count = static_cast<std::uint32_t>(std::min(most, line.samples - line.sent));
        waiting_s += seconds(count, line.rate_hz);
        if (waiting_s > most_s + 1e-9 || !output_.has_room()) {
            return false;
        }
        note(line, output_.send_chunk(line.session, line.number, line.format, gather(line, count)));
        line.sent += count;
    }
    return true;
}

/// So many samples from `sent` on, out of the pieces that they came in.
Bytes Speaker::gather(const Line& line, std::uint32_t count) {
    const std::size_t width = sample_bytes(line.format);
    chunk_.clear();
    for (const Piece& piece : line.pieces) {
        const std::uint64_t at = line.sent + chunk_.size() / width;
        if (at >= piece.first && at < piece.first + piece.sound.count) {
            const std::size_t skipped = static_cast<std::size_t>(at - piece.first) * width;
            const Bytes rest = piece.sound.samples.bytes().part(skipped, count * width - chunk_.size());
            chunk_.insert(chunk_.end(), rest.data, rest.data + rest.size);
        }
    }
    return chunk_;
}

void Speaker::keep(Line& line, Sound sound) {
    if (sound.count == 0) {
        return;
    }
    const std::uint64_t first = line.samples;
    line.samples += sound.count;
    kept_bytes_ += sound.samples.capacity();
    line.pieces.push_back({std::move(sound), first});
}

void Speaker::forget_played(Line& line) {
    std::size_t played = 0;
    while (played < line.pieces.size() && line.pieces[played].first + line.pieces[played].sound.count <= line.played) {
        kept_bytes_ -= line.pieces[played].sound.samples.capacity();
        ++played;
    }
    line.pieces.erase(line.pieces.begin(), line.pieces.begin() + static_cast<std::ptrdiff_t>(played));
}

void Speaker::remove(std::size_t index) {
    for (const Piece& piece : lines_[index].pieces) {
        kept_bytes_ -= piece.sound.samples.capacity();
    }
    lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Speaker::tell(Line& line, SpeechState state) {
    line.state = state;
    line.told = true;
    output_.tell_line(line.session, line.say, state, line.played, line.utterance);
}

void Speaker::note(Line& line, std::uint32_t ref) {
    if (!line.refs.empty() && line.refs.back().last + 1 == ref) {
        line.refs.back().last = ref;
        return;
    }
    if (line.refs.size() == MOST_REFS) {
        line.refs.erase(line.refs.begin());
    }
    line.refs.push_back({ref, ref});
}

}  // namespace talkwire
