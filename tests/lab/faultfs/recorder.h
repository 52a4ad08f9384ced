#pragma once
// The record: one JSON line for each request, in the order in which it was done.
//
//   {"fault":"dropped_write","error":0,"length":4096,"n":7,"offset":0,"op":"write","sha256":"…"}
//
// `op` is begin, read, write, flush, discard, zero or mark. `sha256` is that of the data a write
// brought, whatever became of it, or that a read was answered with. `fault` is there where a rule
// struck; `error` is the errno it was answered with, or 0.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace quietus::faultfs {

struct Recorded {
    std::string_view op;
    std::uint64_t offset{0};
    std::uint64_t length{0};
    std::span<const std::byte> data{};  ///< Empty: no digest.
    int error{0};
    std::string_view fault{};  ///< Empty: none struck.
    std::string_view text{};   ///< Of a mark.
};

class Recorder {
  public:
    /// Without a path nothing is recorded.
    Recorder() = default;
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    ~Recorder();

    /// Makes the file, which must not be there yet. 0 or an errno.
    int open(const std::string& path);
    /// Ends the program where the line cannot be written: a record with a gap is worse than none.
    void add(const Recorded& what);

  private:
    int descriptor_{-1};
    std::uint64_t next_{0};
};

}  // namespace quietus::faultfs
