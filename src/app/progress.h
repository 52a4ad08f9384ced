#pragma once
// How far a step is, how fast, how long still: the one home of that arithmetic.

#include <chrono>
#include <cstdint>
#include <string>

#include "plan/plan.h"

namespace quietus::app {

struct Progress {
    std::string path;
    int step{0};  ///< from 0
    int steps{0};
    bool writing{true};
    int pass{1};  ///< Of its role, from 1: the pass that is written or read back.
    int passes{1};
    PassRole role{PassRole::technique};
    std::uint64_t done{0};
    std::uint64_t total{0};
    std::uint64_t rate{0};   ///< bytes a second, over the step so far
    std::uint64_t eta_s{0};  ///< of the step; 0 while unknown
    bool waiting{false};     ///< Taken, and its turn has not come: nothing of it is written.
};

/// Bytes a second; 0 where no time has passed.
std::uint64_t rate_of(std::uint64_t bytes, std::uint64_t elapsed_ms);

/// Sets done (never more than total), and rate and time left after `elapsed` of the step.
void advance(Progress& progress, std::uint64_t done, std::chrono::nanoseconds elapsed);

/// Thousandths of `total`, rounded down; 0 of nothing.
std::uint64_t per_mille(std::uint64_t done, std::uint64_t total);

/// "/dev/sda: step 1/2 pass 1/3 writing 37.5%  210.0 MB/s  1h02m left", printable.
std::string progress_text(const Progress& progress);

}  // namespace quietus::app
