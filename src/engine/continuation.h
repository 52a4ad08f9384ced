#pragma once
// What a run that broke off leaves to the next: which of its steps stand, and how much of the one
// it was in the drive has acknowledged a flush of. A hint to the next run, which verifies in full.

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "record/erase_record.h"

namespace quietus::engine {

struct Continuation {
    std::vector<ResumedRun> runs;   ///< The oldest first; the last is the one that is carried on.
    std::vector<StepOutcome> done;  ///< The plan's steps from the first on that stand.
    /// The step after them, where it is a pass that had begun: the same bytes are written again,
    /// with the key or the drawn byte it began with, but for its `kept` ranges.
    std::optional<StepOutcome> unfinished;
};

/// What the run behind a journal leaves: its record so far, and what is to be carried on. Fails
/// with `bad_evidence` where the journal makes no sense, and with `usage` where there is nothing to
/// carry on: nothing was written, or the erase came to its end.
struct Unfinished {
    EraseRecord record;
    Continuation continuation;
};
Result<Unfinished> unfinished_run(const std::vector<Json>& entries, std::string_view text);

/// What of it still holds for a drive that erases itself, as it is now. Nobody watched it
/// meanwhile: where it is not still at the last command, or says that nothing was written since
/// that ended well (Global Data Erased), everything is done again, from the markers on.
Continuation still_holding(Continuation next, const DeviceSnapshot& now);

}  // namespace quietus::engine
