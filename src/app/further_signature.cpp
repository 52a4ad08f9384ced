#include "app/further_signature.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

#include "app/evidence_store.h"
#include "app/load_key.h"
#include "base/bytes.h"
#include "base/file.h"
#include "certs/cms.h"
#include "certs/folder_io.h"
#include "certs/further_signature.h"

namespace quietus::app {

namespace {

constexpr mode_t kFileMode = 0644;

std::string why(const certs::Report& report) {
    return report.findings.empty() ? "nothing was checked" : report.findings.back().what;
}

Result<std::string> stem_in(const certs::Folder& folder) {
    for (const auto& [name, bytes] : folder) {
        if (!name.ends_with(".json")) continue;
        std::string stem = name.substr(0, name.size() - 5);
        if (folder.contains(stem + ".p7s")) return stem;
    }
    return failure(ErrorCode::not_authentic, "no signed record in the folder");
}

Result<void> check_is_new_signer(const certs::Report& report, const certs::SigningKey& key) {
    const std::string fingerprint = key.fingerprint_sha256();
    const auto& also = report.also_signed_by;
    const bool there =
        report.signer_fingerprint == fingerprint ||
        std::any_of(also.begin(), also.end(), [&](const certs::FurtherSigner& signer) {
            return signer.fingerprint == fingerprint;
        });
    if (!there) return {};
    return failure(ErrorCode::refused, key.subject() + " has signed this record already",
                   "another person signs with --key and --cert of their own");
}

// Beside the folder first: what is cut off must not lie in it as a file that nobody listed.
Result<void> add_file(const std::string& folder, const std::string& name, std::string_view bytes) {
    const std::string path = folder + "/" + name;
    const std::string partial = folder + ".partial-" + std::to_string(::getpid()) + "-" + name;
    QUIETUS_TRY(write_file_durably(partial, bytes, kFileMode));
    Result<void> placed{};
    if (::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
        placed = sys_failure("rename to " + path, errno);
    if (!placed) ::unlink(partial.c_str());
    QUIETUS_TRY(placed);
    return sync_directory(folder);
}

}  // namespace

Result<FurtherSignature> sign_further(const std::string& cert, const TrustFlags& flags,
                                      const Settings& settings, const Clock& clock) {
    const UtcTime now = clock.now();
    certs::Trust trust = QUIETUS_TRY(trust_from(flags, settings));
    std::string path = QUIETUS_TRY(find_evidence(settings, cert));
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    certs::Folder folder = QUIETUS_TRY(certs::read_folder(path));
    const certs::Report before = certs::verify_folder(folder, trust, now);
    if (!before.authentic)
        return failure(ErrorCode::not_authentic, "not authentic, and so not signed: " + why(before),
                       "quietus certificate verify tells more");
    const certs::SigningKey key = QUIETUS_TRY(load_named_signing_key(settings));
    QUIETUS_TRY(key.valid_at(now));
    QUIETUS_TRY(check_is_new_signer(before, key));

    const std::string stem = QUIETUS_TRY(stem_in(folder));
    const std::string name = certs::further_name(stem, certs::next_further(folder, stem));
    const std::string signature = QUIETUS_TRY(
        certs::sign_detached(key, folder.at(stem + ".json"), now, certs::Inside::whole_path));
    folder[name] = signature;
    // Whoever signs trusts their own certificates for now; an auditor decides anew.
    if (!trust.roots_pem.empty()) trust.roots_pem += "\n" + key.chain_pem();
    const certs::Report after = certs::verify_folder(folder, trust, now);
    if (!after.authentic)
        return failure(ErrorCode::config,
                       "the signature just made would not be taken: " + why(after),
                       "--cert needs the whole chain, the root included; renewed evidence takes no "
                       "further signature");
    QUIETUS_TRY(add_file(path, name, signature));
    return FurtherSignature{.folder = path,
                            .file = name,
                            .subject = key.subject(),
                            .fingerprint = key.fingerprint_sha256()};
}

}  // namespace quietus::app
