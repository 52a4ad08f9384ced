#pragma once
// The drive: does what is asked of it on the backing file, as the rules have it, and records it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "backing_file.h"
#include "recorder.h"
#include "support/fault.h"

namespace quietus::faultfs {

enum class Op { read, write, flush, discard, zero };
std::string_view to_string(Op op);

struct Request {
    Op op{Op::read};
    std::uint64_t offset{0};
    std::size_t length{0};
    std::vector<std::byte> data{};  ///< Of a write.
    int mode{0};                    ///< Of fallocate(2), for discard and zero.
};

struct Answer {
    int error{0};                   ///< errno
    std::vector<std::byte> data{};  ///< Of a read; shorter than asked at the end of the drive.
};

class Disk {
  public:
    Disk(BackingFile file, Recorder& recorder);

    /// As the drive shows it.
    std::uint64_t size() const;
    const test::Faults& faults() const { return faults_; }
    std::uint64_t done(Op op) const;

    /// Takes the place of all rules before; their counts begin anew. 0 or an errno, and then
    /// nothing has changed.
    int set_rules(const std::vector<test::FaultRule>& rules);

    /// The rule that strikes this request, if one does; counts. Once for each request.
    std::optional<test::FaultRule> strikes(const Request& request) const;
    Answer perform(const Request& request, const std::optional<test::FaultRule>& rule);
    void mark(std::string_view text);

  private:
    using Bytes = std::vector<std::byte>;

    Answer read(const Request& request, const test::FaultRule* rule) const;
    Answer write(const Request& request, const test::FaultRule* rule) const;
    Answer flush(const test::FaultRule* rule) const;

    BackingFile file_;
    Recorder& recorder_;
    test::Faults faults_;
    /// What the drive held when the rules came, where one of them brings it back.
    Bytes earlier_;
    std::map<Op, std::uint64_t> done_;
};

}  // namespace quietus::faultfs
