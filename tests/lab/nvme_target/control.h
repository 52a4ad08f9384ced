#pragma once
// What a test may say to the target, a line each, and the line it gets back:
//
//   status            ok present=1 now=MS sstat=HEX step=N progress=N|none resets=N hosts=N
//   advance MS        the drive's clock goes forward (with --clock manual nothing else moves it)
//   freeze, release   background operations stand still, go on
//   reset, power-cycle, vanish
//   knob KNOB=VALUE   support/nvme_personality.h
//   count OPCODE      ok N: admin commands with that opcode (hex) so far
//   commands          ok N, then N lines `CONTROLLER OPCODE NSID CDW10 CDW11 STATUS`, all hex
//
// Anything else: `error WHY`.

#include <string>
#include <string_view>

#include "support/nvme_model.h"

namespace quietus::nvme_target {

/// With its end of line.
std::string answer(test::nvme::Model& model, std::string_view line, std::size_t hosts);

}  // namespace quietus::nvme_target
