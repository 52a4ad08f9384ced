#pragma once
// Benchmarks have nobody to hand an error to.

#include <cstdlib>
#include <iostream>

#include "base/result.h"

namespace quietus::bench {

/// The value, or the end of the program: a figure of something that failed is worse than none.
template <class T>
T must(Result<T> result) {
    if (!result) {
        std::cerr << "quietus_micro: " << result.error().message << "\n";
        std::exit(70);
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace quietus::bench
