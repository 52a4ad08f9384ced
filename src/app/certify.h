#pragma once
// The end of one drive's run: journal → record → signed, registered evidence → the result that is
// told.

#include "app/evidence.h"
#include "app/observer.h"
#include "app/supervisor.h"
#include "record/erase_record.h"

namespace quietus::app {

/// A result that says nothing yet but which drive it is.
DriveResult result_for(const std::string& path);
DriveResult result_for(const DeviceSnapshot& snapshot);

/// What a record says of its drive: id, verdict, media state, cause, and the exit status of that
/// verdict.
void tell_record(const EraseRecord& record, DriveResult& result);
/// Where its evidence is; or what is to be done, since it is not complete (73 where erased).
void tell_filed(const Result<Filed>& filed, DriveResult& result);

/// Folds the journal and files what it says. `result` holds the drive's names; verdict, media
/// state, status, cause and evidence are filled in. A run that ended before its first write leaves
/// no evidence and is "untouched".
void certify(EvidenceDesk& desk, Observer& observer, const Ended& ended, const std::string& id,
             DriveResult& result);

}  // namespace quietus::app
