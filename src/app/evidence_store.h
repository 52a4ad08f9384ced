#pragma once
// Finding evidence folders by what is in them. Nothing is verified here: whoever uses a folder
// checks it.

#include <string>
#include <vector>

#include "app/settings.h"

namespace quietus::app {

/// What the document in a folder says of itself.
struct FoundDocument {
    std::string folder, id, type, serial, issued, sha256;
    std::vector<std::string> previous;  ///< Digests of the documents it names.
};

/// Every evidence folder directly under `parent`, in no order; what cannot be read is left out.
std::vector<FoundDocument> documents_under(const std::string& parent);

/// The folder that `cert` means: a folder's path, the id of a document, or a serial number, whose
/// newest record of an erasure it is, under --out. `usage` where there is none.
Result<std::string> find_evidence(const Settings& settings, const std::string& cert);

/// Folders of all statements beside `folder` and under --out that lead back to this document, each
/// once.
std::vector<std::string> statements_about(const Settings& settings, const std::string& folder,
                                          const std::string& sha256);

}  // namespace quietus::app
