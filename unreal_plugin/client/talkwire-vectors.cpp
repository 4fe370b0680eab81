// talkwire-vectors FOLDER: what this core makes of each .bin file of a folder, in the order of their names,
// one line of JSON each: the message, or {"refused": "..."}. A part of a media socket is told by the topic
// that it begins with.
#include <cstdio>
#include <string>
#include <vector>

#include "Files.h"
#include "MessageJson.h"

namespace {

using namespace talkwire;

Json read_message(const Buffer& bytes) {
    Json out = Json::object();
    Problem problem;
    if (!bytes.empty() && bytes[0] == 't') {
        Media media;
        if (decode_media(bytes, media, problem)) {
            out.set("session", Json::string(media.session));
            out.set("plane", Json::string(plane_name(media.plane)));
            add_message(media.message, out);
        }
    } else {
        Control control;
        if (decode_control(bytes, Sender::either, control, problem)) {
            add_message(control, out);
        }
    }
    if (problem) {
        out.set("refused", Json::string(problem.sentence()));
    }
    return out;
}

}  // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::fprintf(stderr, "usage: talkwire-vectors FOLDER\n");
        return 2;
    }
    std::vector<std::string> paths;
    std::string why;
    if (!list_folder(words[1], ".bin", paths, why)) {
        std::fprintf(stderr, "%s\n", why.c_str());
        return 1;
    }
    for (const std::string& path : paths) {
        Buffer bytes;
        if (!read_file(path, bytes, why)) {
            std::fprintf(stderr, "%s\n", why.c_str());
            return 1;
        }
        std::printf("%s\n", read_message(bytes).text().c_str());
    }
    return 0;
}
