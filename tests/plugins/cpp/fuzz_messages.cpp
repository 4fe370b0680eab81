// Any bytes: what is decoded is encoded to a message that says the same; nothing else happens.
#include <cstdlib>

#include "Talkwire/MessageCodec.h"
#include "Talkwire/Normals.h"
#include "Talkwire/Vertices.h"

using namespace talkwire;

namespace {

template <class... Messages>
bool encode_any(const std::variant<std::monostate, Messages...>& any, Buffer& out) {
    Problem problem;
    const auto one = [&](const auto* message) {
        return message != nullptr && encode(*message, out, problem);
    };
    return (... || one(std::get_if<Messages>(&any)));
}

void demand(bool condition) {
    if (!condition) {
        std::abort();
    }
}

Vertices vertices;
VertexNormals normals;
BasisSum sum;
std::vector<float> moved, looking, coefficients;

/// What a reader does next with what has come. The last mesh and basis stay, as they do in a game.
void use(const Media& media) {
    Problem problem;
    if (const Mesh* mesh = std::get_if<Mesh>(&media.message)) {
        vertices.reset(*mesh);
        normals.reset(*mesh);
        moved.resize(3 * vertices.count());
        looking.resize(3 * vertices.count());
        normals.compute(vertices.neutral_vx3(), looking.data());
    } else if (const Frame* frame = std::get_if<Frame>(&media.message)) {
        if (vertices.decode(*frame, moved.data(), problem)) {
            normals.compute(moved.data(), looking.data());
            if (!frame->normals.empty()) {
                decode_normals(frame->normals, looking.data());
            }
        }
    } else if (const Basis* basis = std::get_if<Basis>(&media.message)) {
        sum.reset(*basis);
        coefficients.assign(sum.coefficient_count(), 0.5f);
        moved.resize(3 * sum.count());
        sum.sum(coefficients.data(), moved.data());
        moved.resize(3 * vertices.count());
    } else if (const Coefficients* frame_of_basis = std::get_if<Coefficients>(&media.message)) {
        coefficients.resize(sum.coefficient_count());
        demand(frame_of_basis->own.size / 2 == sum.own() ||
               !sum.coefficients(*frame_of_basis, coefficients.data(), problem));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Control control, control_again;
    static Media media, media_again;
    const Bytes bytes(data, size);
    Problem problem;
    Buffer once, twice;
    if (size > 0 && data[0] == 't') {
        if (decode_media(bytes, media, problem)) {
            use(media);
            demand(topic(media.session, media.plane, once) && encode_any(media.message, once));
            demand(decode_media(once, media_again, problem));
            demand(topic(media_again.session, media_again.plane, twice) &&
                   encode_any(media_again.message, twice));
        }
    } else if (decode_control(bytes, Sender::either, control, problem)) {
        demand(encode_any(control, once) && decode_control(once, Sender::either, control_again, problem));
        demand(encode_any(control_again, twice));
    }
    demand(once == twice);
    ref_of(bytes);
    return 0;
}
