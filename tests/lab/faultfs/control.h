#pragma once
// What the control files in the mount say and take.
//
//   rules    written at its beginning: takes the place of all rules; written further on: adds some.
//            One rule a line (support/fault.h); empty lines and # comments are skipped.
//   counts   a line for each rule: `STRUCK of MET RULE`; then what the drive has done so far:
//            `done read=N write=N flush=N discard=N zero=N held=N`
//   mark     each write puts a line of its own into the record

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "disk.h"

namespace quietus::faultfs {

/// All or nothing: what is wrong with the first bad line is told on standard error.
std::optional<std::vector<test::FaultRule>> parse_rules(std::string_view text);
std::string rules_text(const Disk& disk);
/// `held`: requests that have no answer yet.
std::string counts_text(const Disk& disk, std::size_t held);
/// The table of faults, a line each: `NAME DETECTABLE-BY ON`, of those a block device can have.
std::string kinds_text();

}  // namespace quietus::faultfs
