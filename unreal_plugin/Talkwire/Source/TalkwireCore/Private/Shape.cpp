#include "Talkwire/Shape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "Talkwire/Normals.h"

namespace talkwire {

namespace {

constexpr float STEPS = 65'535.0F;
constexpr std::size_t PIECE = Head::PIECE;

template <class T>
void add_times(float* sums, const T* values, std::size_t count, float weight) {
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] += weight * static_cast<float>(values[i]);
    }
}

}  // namespace

Head::Head(const Mesh& message) : mesh(message), neutral_vx3(message.neutral_vx3.size / sizeof(float)) {
    Bytes* const fields[] = {&mesh.neutral_vx3, &mesh.triangles_tx3, &mesh.uvs_vx2,
                             &mesh.weld_v,      &mesh.box_low_m,     &mesh.box_high_m};
    std::size_t size = 0;
    for (const Bytes* field : fields) {
        size += field->size;
    }
    std::string_view* texts[MAX_PARTS + 2] = {&mesh.generated, &mesh.shows};
    std::size_t text_count = 2;
    for (Mesh::Part& part : mesh.parts) {
        texts[text_count++] = &part.name;
    }
    for (std::size_t i = 0; i < text_count; ++i) {
        size += texts[i]->size();
    }
    bytes.reserve(size);  // so that views into it stay
    for (Bytes* field : fields) {
        bytes.insert(bytes.end(), field->data, field->data + field->size);
        field->data = bytes.data() + bytes.size() - field->size;
    }
    for (std::size_t i = 0; i < text_count; ++i) {
        std::string_view& text = *texts[i];
        bytes.insert(bytes.end(), text.begin(), text.end());
        const char* end = reinterpret_cast<const char*>(bytes.data() + bytes.size());
        text = {end - text.size(), text.size()};
    }
    std::memcpy(neutral_vx3.data(), mesh.neutral_vx3.data, mesh.neutral_vx3.size);
    for (std::size_t i = 0; i < PIECE; ++i) {
        low_m[i] = load<float>(mesh.box_low_m.data, i % 3);
        step_m[i] = (load<float>(mesh.box_high_m.data, i % 3) - low_m[i]) / STEPS;
    }
}

bool Head::same(const Head& other) const {
    const auto alike = [](const Mesh::Part& a, const Mesh::Part& b) {
        return a.first_triangle == b.first_triangle && a.roughness == b.roughness && a.specular == b.specular;
    };
    return mesh.topology_id == other.mesh.topology_id && mesh.vertex_count() == other.mesh.vertex_count() &&
           mesh.frame_rate_hz == other.mesh.frame_rate_hz && mesh.generated == other.mesh.generated &&
           bytes == other.bytes &&
           std::equal(mesh.parts.begin(), mesh.parts.end(), other.mesh.parts.begin(), other.mesh.parts.end(), alike);
}

Shape Shape::neutral(std::shared_ptr<const Head> head) {
    Shape shape;
    if (head) {
        shape.head_ = std::move(head);
        shape.terms_.add({Held<Moment>(), 1.0F});
    }
    return shape;
}

Shape Shape::of(const Held<Moment>& moment, std::shared_ptr<const Head> head,
                std::shared_ptr<const BasisSum> basis) {
    Shape shape;
    if (!head || moment->topology_id != head->mesh.topology_id) {
        return shape;
    }
    const std::size_t vertex_count = head->neutral_vx3.size() / 3;
    if (moment->kind == Moment::Kind::coefficients) {
        const bool fits = basis && basis->topology_id() == head->mesh.topology_id && basis->count() == vertex_count &&
                          basis->own() == moment->count && basis->own() <= MAX_COMPONENTS;
        if (!fits) {
            return shape;
        }
        shape.basis_ = std::move(basis);
    } else if (moment->kind == Moment::Kind::none || moment->kind == Moment::Kind::delta8 ||
               moment->count != vertex_count) {
        return shape;
    }
    shape.head_ = std::move(head);
    shape.terms_.add({moment, 1.0F});
    return shape;
}

Shape Shape::towards(const Shape& other, float share) const {
    if (empty() || other.empty() || head_ != other.head_ || share >= 1.0F ||
        (basis_ && other.basis_ && basis_ != other.basis_)) {
        return other;
    }
    if (share <= 0.0F) {
        return *this;
    }
    Shape mixed;
    mixed.head_ = head_;
    mixed.basis_ = basis_ ? basis_ : other.basis_;
    mixed.add(other, share);
    mixed.add(*this, 1.0F - share);
    return mixed;
}

/// Where there is no room for another frame, the newest one takes its share: it is as good as gone.
void Shape::add(const Shape& other, float share) {
    for (const Term& term : other.terms_) {
        Term* mine = std::find_if(terms_.begin(), terms_.end(), [&](const Term& t) { return t.moment == term.moment; });
        if (mine != terms_.end()) {
            mine->weight += share * term.weight;
        } else if (!terms_.add({term.moment, share * term.weight})) {
            terms_[0].weight += share * term.weight;
        }
    }
}

void Shape::vertices(float* out_vx3) const {
    const float based = sum_basis(out_vx3);
    const std::size_t count = 3 * vertex_count();
    for (std::size_t first = 0; first < count; first += PIECE) {
        add_vertices(first, std::min(PIECE, count - first), based, out_vx3 + first);
    }
}

/// Frames of coefficients: one product for all of them, whose weights together are returned.
float Shape::sum_basis(float* out_vx3) const {
    std::array<float, MAX_COMPONENTS + ARKIT_SHAPES> coefficients;
    float based = 0.0F;
    for (const Term& term : terms_) {
        if (!term.moment || term.moment->kind != Moment::Kind::coefficients) {
            continue;
        }
        if (based == 0.0F) {
            std::fill_n(coefficients.begin(), basis_->coefficient_count(), 0.0F);
        }
        based += term.weight;
        const auto* own = reinterpret_cast<const float*>(term.moment->values.data());
        add_times(coefficients.data(), own, basis_->own(), term.weight);
        add_times(coefficients.data() + basis_->own(), term.moment->face.weights, ARKIT_SHAPES, term.weight);
    }
    if (based > 0.0F) {
        for (std::size_t i = 0; i < basis_->coefficient_count(); ++i) {
            coefficients[i] /= based;
        }
        basis_->sum(coefficients.data(), out_vx3);
    }
    return based;
}

/// The rest of them, for values from `first` on. based: how much of the sum of coefficients, which stands in `out`.
void Shape::add_vertices(std::size_t first, std::size_t count, float based, float* out) const {
    std::array<float, PIECE> steps;
    float stepped = 0.0F;
    if (based == 0.0F) {
        std::fill_n(out, count, 0.0F);
    } else if (based != 1.0F) {
        for (std::size_t i = 0; i < count; ++i) {
            out[i] *= based;
        }
    }
    for (const Term& term : terms_) {
        const Moment::Kind kind = term.moment ? term.moment->kind : Moment::Kind::none;
        if (kind == Moment::Kind::none) {
            add_times(out, head_->neutral_vx3.data() + first, count, term.weight);
        } else if (kind == Moment::Kind::f32) {
            const auto* values = reinterpret_cast<const float*>(term.moment->values.data());
            add_times(out, values + first, count, term.weight);
        } else if (kind == Moment::Kind::q16) {
            if (stepped == 0.0F) {
                std::fill_n(steps.begin(), count, 0.0F);
            }
            stepped += term.weight;
            const auto* values = reinterpret_cast<const std::uint16_t*>(term.moment->values.data());
            add_times(steps.data(), values + first, count, term.weight);
        }
    }
    if (stepped > 0.0F) {
        for (std::size_t i = 0; i < count; ++i) {
            out[i] += stepped * head_->low_m[i] + head_->step_m[i] * steps[i];
        }
    }
}

bool Shape::normals(float* out_vx3) const {
    const std::size_t count = vertex_count();
    for (const Term& term : terms_) {
        if (!term.moment || term.moment->normals.size() != 2 * count) {
            return false;
        }
    }
    std::array<float, PIECE> decoded;
    for (std::size_t first = 0; first < count; first += PIECE / 3) {
        const std::size_t part = std::min(PIECE / 3, count - first);
        float* out = out_vx3 + 3 * first;
        std::fill_n(out, 3 * part, 0.0F);
        for (const Term& term : terms_) {
            decode_normals(term.moment->normals.bytes().part(2 * first, 2 * part), decoded.data());
            add_times(out, decoded.data(), 3 * part, term.weight);
        }
        for (std::size_t i = 0; i < 3 * part; i += 3) {
            const float length = std::sqrt(out[i] * out[i] + out[i + 1] * out[i + 1] + out[i + 2] * out[i + 2]);
            const float scale = length > 0.0F ? 1.0F / length : 0.0F;
            out[i] *= scale;
            out[i + 1] *= scale;
            out[i + 2] *= scale;
        }
    }
    return !empty();
}

}  // namespace talkwire
