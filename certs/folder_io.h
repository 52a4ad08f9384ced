#pragma once
// Evidence folders on disk: read without trusting what is there, written so that they are whole or
// not there.

#include <string>

#include "base/result.h"
#include "certs/evidence.h"

namespace quietus::certs {

/// Every file of the folder. A path that is not a folder is `usage`; a folder that holds symbolic
/// links, folders, devices, too many or too large files is `not_authentic`, as no evidence of ours
/// does.
Result<Folder> read_folder(const std::string& path);

/// The same of a folder of our own, into which a file may have been being written when this host
/// crashed: what is left of that file is left out.
Result<Folder> read_own_folder(const std::string& path);

/// Would read_folder take it, with the receipt and two renewals still to come? `usage` where not.
Result<void> check_limits(const Folder& folder);

/// Writes parent/name durably: all files are on disk under parent/.partial-name before it gets its
/// name, so that nothing is ever called certificate.* under `name` that is not whole. The path of
/// the folder. Where `name` is there already with the same bytes this is a success; with other
/// bytes `io` with sys_errno EEXIST, and it is left alone.
Result<std::string> write_folder(const std::string& parent, const std::string& name,
                                 const Folder& folder);

}  // namespace quietus::certs
