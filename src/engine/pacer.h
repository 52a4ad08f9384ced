#pragma once
// --max-rate: when the next request may go. Time comes from the clock, waiting is the caller's.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/utc_time.h"

namespace quietus::engine {

/// A request takes an eighth of a second at this rate, so that a stop is heard and progress is
/// smooth: a multiple of the sector and of 4096 bytes, at most `request_size`.
std::size_t paced_request_size(std::uint64_t rate, std::size_t request_size, std::uint32_t sector);

/// A bucket of tokens, filled at the rate: over any time, no more is sent than the rate times that
/// time, one request, and what 20 ms are worth. One thread.
class Pacer {
  public:
    using Pause = std::function<void(std::chrono::milliseconds limit)>;

    /// Without a rate nothing ever waits.
    Pacer(const Clock& clock, std::optional<std::uint64_t> rate, std::size_t request_size,
          Pause pause);

    std::size_t request_size() const { return request_size_; }
    /// Zero where a request may go now; else rounded up to whole milliseconds.
    std::chrono::milliseconds until_next() const;
    /// A request of so many bytes goes now.
    void sent(std::uint64_t bytes);
    /// Waits where nothing else can be waited for; may return early.
    void pause(std::chrono::milliseconds limit) const { pause_(limit); }

  private:
    const Clock& clock_;
    std::optional<std::uint64_t> rate_;
    std::size_t request_size_;
    Pause pause_;
    std::chrono::nanoseconds next_{0};
};

}  // namespace quietus::engine
