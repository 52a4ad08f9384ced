#include "app/evidence_store.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "base/file.h"
#include "certs/statement.h"

namespace quietus::app {

namespace {

constexpr std::size_t kDocumentSizeMax = 32 * std::size_t{1024} * 1024;

bool is_folder(const std::string& path) {
    std::error_code fault;
    return std::filesystem::is_directory(path, fault);
}

FoundDocument described(const std::string& folder, const Json& json, const std::string& bytes) {
    FoundDocument found;
    found.folder = folder;
    found.sha256 = sha256_hex(bytes);
    found.id = string_member(json, "id").value_or("");
    found.type = string_member(json, "type").value_or("");
    found.issued = string_member(json, "issued").value_or("");
    if (const auto drive = member(json, "drive"))
        found.serial = string_member(*drive, "serial").value_or("");
    if (const auto previous = certs::previous_of(json)) {
        for (const auto& document : *previous) found.previous.push_back(document.sha256);
    }
    return found;
}

std::optional<FoundDocument> document_in(const std::string& folder) {
    for (const std::string& stem : certs::document_stems()) {
        const auto bytes = read_whole_file(folder + "/" + stem + ".json", kDocumentSizeMax);
        if (!bytes) continue;
        const auto json = parse_json(*bytes);
        if (json && json->is_object()) return described(folder, *json, *bytes);
    }
    return std::nullopt;
}

std::string parent_of(const std::string& folder) {
    std::error_code fault;
    const auto path = std::filesystem::weakly_canonical(folder, fault);
    return fault ? std::string{} : path.parent_path().string();
}

}  // namespace

std::vector<FoundDocument> documents_under(const std::string& parent) {
    std::vector<FoundDocument> found;
    std::error_code fault;
    for (std::filesystem::directory_iterator at{parent, fault}, end; !fault && at != end;
         at.increment(fault)) {
        const std::string name = at->path().filename().string();
        if (name.starts_with('.')) continue;  // being written, or left behind
        if (auto document = document_in(at->path().string())) found.push_back(std::move(*document));
    }
    return found;
}

Result<std::string> find_evidence(const Settings& settings, const std::string& cert) {
    if (is_folder(cert)) return cert;
    std::optional<FoundDocument> newest;
    for (FoundDocument& document : documents_under(settings.out_dir())) {
        if (document.id == cert) return document.folder;
        const bool record = !certs::is_statement_type(document.type);
        if (document.serial != cert || !record) continue;
        if (!newest ||
            std::pair{newest->issued, newest->id} < std::pair{document.issued, document.id})
            newest = std::move(document);
    }
    if (newest) return newest->folder;
    return failure(ErrorCode::usage,
                   printable_text(cert) + ": no such folder, and no evidence with this id or " +
                       "serial number under " + printable_text(settings.out_dir()),
                   "name the folder that holds certificate.json, or its parent with --out");
}

std::vector<std::string> statements_about(const Settings& settings, const std::string& folder,
                                          const std::string& sha256) {
    std::vector<FoundDocument> all;
    for (const std::string& parent :
         std::set<std::string>{parent_of(folder), parent_of(settings.out_dir() + "/x")}) {
        for (FoundDocument& document : documents_under(parent)) all.push_back(std::move(document));
    }
    std::set<std::string> known{sha256};
    std::vector<std::string> folders;
    for (bool grown = true; grown;) {
        grown = false;
        for (const FoundDocument& document : all) {
            const bool leads_here =
                std::any_of(document.previous.begin(), document.previous.end(),
                            [&](const std::string& digest) { return known.contains(digest); });
            if (!leads_here || !known.insert(document.sha256).second) continue;
            folders.push_back(document.folder);
            grown = true;
        }
    }
    return folders;
}

}  // namespace quietus::app
