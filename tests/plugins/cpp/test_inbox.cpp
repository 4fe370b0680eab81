// What waits for the game, and the memory that it lies in.
#include <memory>
#include <vector>

#include "Talkwire/Inbox.h"
#include "check.h"

using namespace talkwire;

namespace {

void put(Inbox& inbox, const Pool& pool, Plane plane, std::size_t bytes, std::uint32_t number) {
    Arrival* one = inbox.fresh();
    one->part = pool.take(bytes);
    one->media.plane = plane;
    one->arrived_ns = number;
    inbox.put(one);
}

std::vector<std::int64_t> take(Inbox& inbox) {
    std::vector<std::int64_t> found;
    for (const Arrival& one : inbox.take()) {
        found.push_back(one.arrived_ns);
    }
    return found;
}

}  // namespace

TEST(all_of_the_media_socket_comes_first_and_in_order) {
    const auto inbox = std::make_shared<Inbox>();
    const Pool pool;
    put(*inbox, pool, Plane::frame_q16, 10, 1);
    put(*inbox, pool, Plane::audio, 10, 2);
    put(*inbox, pool, Plane::patch, 10, 3);
    put(*inbox, pool, Plane::event, 10, 4);
    CHECK((take(*inbox) == std::vector<std::int64_t>{2, 4, 1, 3}));
    CHECK(take(*inbox).empty());
    put(*inbox, pool, Plane::frame_basis, 10, 5);
    CHECK((take(*inbox) == std::vector<std::int64_t>{5}));
}

TEST(of_a_mesh_the_newest_waits_alone) {
    const auto inbox = std::make_shared<Inbox>();
    const Pool pool;
    for (std::uint32_t i = 1; i <= 3; ++i) {
        put(*inbox, pool, Plane::mesh, 8'000'000, i);
        put(*inbox, pool, Plane::basis, 8'000'000, 10 + i);
    }
    CHECK(pool.bytes() <= 5 * 8'388'608);  // two, and what lies unused
    CHECK((take(*inbox) == std::vector<std::int64_t>{3, 13}));  // nothing is left of the others, however many they are
    put(*inbox, pool, Plane::mesh, 100, 4);
    CHECK((take(*inbox) == std::vector<std::int64_t>{4}));
}

TEST(frames_give_way_and_sound_is_bounded) {
    const auto inbox = std::make_shared<Inbox>();
    const Pool pool;
    for (std::uint32_t i = 0; i < 5'000; ++i) {
        put(*inbox, pool, Plane::frame_q16, 1'000, i);
        put(*inbox, pool, Plane::audio, 500, i);
    }
    CHECK_EQ(inbox->dropped().motion, 5'000 - Inbox::MAX_MOTION);
    CHECK_EQ(inbox->dropped().media, 5'000 - Inbox::MAX_MEDIA);
    const auto found = take(*inbox);
    CHECK_EQ(found.size(), Inbox::MAX_MEDIA + Inbox::MAX_MOTION);
    CHECK_EQ(found[0], 0);        // the oldest sound
    CHECK_EQ(found.back(), 4'999);  // the newest frame
    for (std::uint32_t i = 0; i < 100; ++i) {
        put(*inbox, pool, Plane::audio, 768'000, i);  // of a server that means no good
    }
    CHECK_EQ(take(*inbox).size(), Inbox::MAX_BYTES / 768'000);
}

TEST(what_was_taken_outlives_its_inbox_and_pool) {
    auto inbox = std::make_shared<Inbox>();
    auto pool = std::make_unique<Pool>();
    put(*inbox, *pool, Plane::audio, 1'000, 1);
    {
        const Arrivals held = inbox->take();
        inbox.reset();
        pool.reset();
        for (const Arrival& one : held) {
            CHECK_EQ(one.part.size(), 1'000u);
        }
    }
    Block block;
    {
        const Pool short_lived;
        block = short_lived.take(100);
    }
    block.data()[99] = 1;
    block.release();
}

TEST(memory_is_used_again) {
    const Pool pool(1'000'000);
    for (int turn = 0; turn < 100; ++turn) {
        std::vector<Block> held;
        for (const std::size_t bytes : {0u, 1u, 256u, 257u, 5'000u, 100'000u}) {
            held.push_back(pool.take(bytes));
            CHECK_EQ(held.back().size(), bytes);
            CHECK(held.back().capacity() >= bytes);
            CHECK_EQ(reinterpret_cast<std::uintptr_t>(held.back().data()) % alignof(std::max_align_t), 0u);
        }
        CHECK(pool.bytes() < 150'000);
    }
    { const Block large = pool.take(20'000'000); }
    CHECK(pool.bytes() < 150'000);  // more than lies unused was given back
}
