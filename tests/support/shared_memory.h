#pragma once
// Memory that a forked worker and the test see alike.

#include <cstddef>
#include <cstdlib>
#include <span>
#include <type_traits>

#include <sys/mman.h>

namespace quietus::test {

/// Zeroed; pages that are never touched cost nothing.
template <class T>
class SharedArray {
  public:
    explicit SharedArray(std::size_t count) : count_{count == 0 ? 1 : count} {
        static_assert(std::is_trivially_destructible_v<T>);
        void* memory = ::mmap(nullptr, count_ * sizeof(T), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) std::abort();
        items_ = static_cast<T*>(memory);
    }
    SharedArray(const SharedArray&) = delete;
    SharedArray& operator=(const SharedArray&) = delete;
    ~SharedArray() { ::munmap(items_, count_ * sizeof(T)); }

    T& operator[](std::size_t index) const { return items_[index]; }
    std::span<T> span() const { return {items_, count_}; }

  private:
    T* items_{nullptr};
    std::size_t count_;
};

}  // namespace quietus::test
