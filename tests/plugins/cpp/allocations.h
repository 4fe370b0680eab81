// Counts what a test program takes from the heap. To be included by one file of it.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace checks {
inline std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++checks::allocations;
    return std::malloc(size != 0 ? size : 1);
}
void operator delete(void* at) noexcept {
    std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
    std::free(at);
}
