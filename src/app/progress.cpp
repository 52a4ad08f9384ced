#include "app/progress.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/units.h"

namespace quietus::app {

namespace {

std::uint64_t milliseconds_of(std::chrono::nanoseconds time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

// "writing", "pass 2/7 writing", "proof pass reading back".
std::string doing_text(const Progress& progress) {
    std::string doing = progress.writing ? "writing" : "reading back";
    switch (progress.role) {
        case PassRole::technique:
            return progress.passes == 1 ? doing
                                        : "pass " + std::to_string(progress.pass) + "/" +
                                              std::to_string(progress.passes) + " " + doing;
        case PassRole::prove:
            return "proof pass " + doing;
        case PassRole::blank:
            return "blank pass " + doing;
        case PassRole::also:
            return "overwriting as well, " + doing;
        case PassRole::device:
            return progress.writing ? "erasing itself" : doing;
    }
    return doing;
}

}  // namespace

std::uint64_t rate_of(std::uint64_t bytes, std::uint64_t elapsed_ms) {
    if (elapsed_ms == 0) return 0;
    // In two parts, so that nothing wraps before the disks are a thousand times larger.
    return bytes / elapsed_ms * 1000 + bytes % elapsed_ms * 1000 / elapsed_ms;
}

void advance(Progress& progress, std::uint64_t done, std::chrono::nanoseconds elapsed) {
    progress.done = std::min(done, progress.total);
    progress.rate = rate_of(progress.done, milliseconds_of(elapsed));
    progress.eta_s = progress.rate == 0 ? 0 : (progress.total - progress.done) / progress.rate;
}

std::uint64_t per_mille(std::uint64_t done, std::uint64_t total) {
    if (total == 0) return 0;
    return static_cast<std::uint64_t>(static_cast<double>(done) / static_cast<double>(total) *
                                      1000.0);
}

std::string progress_text(const Progress& p) {
    const std::string path = printable_text(p.path);
    if (p.waiting) return path + ": taken, waiting for its turn";
    const std::uint64_t share = per_mille(p.done, p.total);
    return path + ": step " + std::to_string(p.step + 1) + "/" + std::to_string(p.steps) + " " +
           doing_text(p) + " " + std::to_string(share / 10) + "." + std::to_string(share % 10) +
           "%  " + human_size({p.rate}) + "/s" +
           (p.eta_s == 0 ? "" : "  " + human_duration(p.eta_s) + " left");
}

}  // namespace quietus::app
