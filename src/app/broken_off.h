#pragma once
// Runs that broke off: what the journals of the state folder, or a journal brought from another
// host, tell of them.

#include <optional>
#include <string>
#include <vector>

#include "app/evidence.h"
#include "engine/continuation.h"

namespace quietus::app {

/// One run that may be carried on.
struct BrokenOff {
    std::string journal;  ///< Path.
    engine::Unfinished run;
};

/// One run that came to its end, and whose evidence is complete only now.
struct Completed {
    EraseRecord record;
    Result<Filed> filed;
};

struct JournalsRead {
    std::vector<BrokenOff> broken_off;  ///< The newest of each chain of runs, oldest start first.
    std::vector<Completed> completed;
    std::vector<Error> faults;  ///< Journals that cannot be read, and runs that are alive (`busy`).
};

/// Reads every journal of the state folder. A run that ended without a word is closed with one and
/// its failure record filed; evidence that is owed is completed. Touches no drive.
JournalsRead read_journals(EvidenceDesk& desk);

/// A journal of another host: it is read and nothing more.
Result<BrokenOff> read_foreign_journal(const std::string& path);

}  // namespace quietus::app
