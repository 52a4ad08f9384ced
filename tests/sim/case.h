#pragma once
// A case of the campaign: a drive, what is wrong with it, how it is to be erased, and when the run
// of it breaks off. A value, drawn from a seed and a number.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "plan/goal.h"
#include "record/erase_record.h"
#include "support/memory_drive.h"

namespace quietus::sim {

/// A run breaks off after its n-th moment: each request that is done, each flush and each line of
/// the journal is one, and so is the beginning of each line.
struct Break {
    enum class How {
        stop,          ///< Asked to stop: it ends by itself.
        journal_full,  ///< From then on no line can be written.
        kill,          ///< The worker is gone, the drive has what it was given.
        power_cut,     ///< The machine is gone, and what the drive had not flushed may be lost.
    };
    How how{How::kill};
    std::uint64_t after{1};
    bool torn{false};    ///< The line that was being written is there in part.
    bool closed{false};  ///< The supervisor lived on and wrote "close".
    std::uint64_t seed{1};
};
std::string to_string(Break::How how);

struct Case {
    std::uint64_t seed{1};
    std::uint64_t number{0};
    test::MemoryDriveOptions drive;
    Goal goal;
    /// Reads back by sample also where the planner would not, of drives this small.
    bool sample{false};
    unsigned depth{1};
    std::size_t request_size{0};
    RunLimits limits;
    std::chrono::milliseconds request_takes{1};
    std::chrono::milliseconds checkpoint_interval{1000};
    std::vector<Break> breaks;     ///< One for each run; there may be one run more.
    bool resumes_a_failed{false};  ///< Also a run that came to its end, and has not erased.
};

Case draw_case(std::uint64_t seed, std::uint64_t number);

/// In words, on one line.
std::string to_string(const Case& what);

}  // namespace quietus::sim
