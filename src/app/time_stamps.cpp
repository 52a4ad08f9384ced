#include "app/time_stamps.h"

#include "app/evidence_store.h"
#include "app/tsa_client.h"
#include "base/bytes.h"
#include "base/file.h"
#include "certs/folder_io.h"
#include "certs/renewal.h"
#include "certs/time_stamp.h"

namespace quietus::app {

namespace {

constexpr mode_t kFileMode = 0644;

struct Renewable {
    std::string path;
    certs::Folder folder;
    std::size_t number{0};  ///< Of the renewal to come.
    std::string list;
    certs::Trust trust;
};

// What a crash left between the two is written anew.
void forget_half_a_renewal(certs::Folder& folder) {
    const std::size_t last = certs::renewals_in(folder);
    if (last == 0) return;
    const std::string list = certs::renewal_list_name(last);
    const std::string stamp = certs::renewal_stamp_name(last);
    if (folder.contains(list) && folder.contains(stamp)) return;
    folder.erase(list);
    folder.erase(stamp);
}

// Nothing is renewed that does not hold today: a stamp over it would look like a blessing.
Result<Renewable> read_renewable(const std::string& cert, const TrustFlags& trust,
                                 const Settings& settings, const Clock& clock) {
    Renewable found;
    found.path = QUIETUS_TRY(find_evidence(settings, cert));
    found.folder = QUIETUS_TRY(certs::read_own_folder(found.path));
    forget_half_a_renewal(found.folder);
    found.trust = QUIETUS_TRY(trust_from(trust, settings));
    const certs::Report report = certs::verify_folder(found.folder, found.trust, clock.now());
    if (!report.authentic)
        return failure(
            ErrorCode::bad_evidence,
            printable_text(found.path) + " is not authentic: " + report.findings.back().what,
            "only evidence that holds can be renewed");
    found.number = certs::renewals_in(found.folder) + 1;
    if (found.number > certs::kRenewalsMax)
        return failure(ErrorCode::unsupported, "the folder has been renewed as often as it can be");
    found.list = certs::renewal_list(found.folder, found.number);
    return found;
}

Renewal names_of(const Renewable& found) {
    return {.folder = found.path,
            .list = certs::renewal_list_name(found.number),
            .stamp = certs::renewal_stamp_name(found.number)};
}

// Verified as a whole before anything is written: a renewal that cannot be read would take the
// folder with it.
Result<Renewal> write_renewal(const Renewable& found, const std::string& reply, UtcTime now) {
    const Renewal renewal = names_of(found);
    certs::Folder renewed = found.folder;
    renewed[renewal.list] = found.list;
    renewed[renewal.stamp] = reply;
    const certs::Report report = certs::verify_folder(renewed, found.trust, now);
    if (!report.authentic)
        return failure(ErrorCode::bad_evidence,
                       "the renewal would not verify: " + report.findings.back().what,
                       "give --tsa-ca the certificates of this authority");
    QUIETUS_TRY(write_file_durably(found.path + "/" + renewal.stamp, reply, kFileMode));
    QUIETUS_TRY(write_file_durably(found.path + "/" + renewal.list, found.list, kFileMode));
    return renewal;
}

}  // namespace

Result<void> stamp_signature(const Settings& settings, const std::string& stem,
                             certs::Folder& folder) {
    if (settings.tsa.url.empty() || folder.contains(stem + ".tsr")) return {};
    folder[stem + ".tsr"] = QUIETUS_TRY(ask_for_time_stamp(settings.tsa, folder.at(stem + ".p7s")));
    return {};
}

Result<Renewal> renew_certificate(const std::string& cert, const TrustFlags& trust,
                                  const Settings& settings, const Clock& clock) {
    if (settings.tsa.url.empty())
        return failure(ErrorCode::usage, "no time stamp authority is named", "give --tsa URL");
    const Renewable found = QUIETUS_TRY(read_renewable(cert, trust, settings, clock));
    const std::string reply = QUIETUS_TRY(ask_for_time_stamp(settings.tsa, found.list));
    return write_renewal(found, reply, clock.now());
}

Result<Renewal> export_renewal_request(const std::string& cert, const TrustFlags& trust,
                                       const Settings& settings, const Clock& clock,
                                       const std::string& request_file) {
    const Renewable found = QUIETUS_TRY(read_renewable(cert, trust, settings, clock));
    const std::string request = QUIETUS_TRY(certs::time_stamp_request(found.list));
    auto written = create_file_durably(request_file, request, kFileMode);
    if (!written)
        return failure(ErrorCode::usage, "--output: " + written.error().message,
                       "name a file that is not there yet");
    return names_of(found);
}

Result<Renewal> import_renewal(const std::string& cert, const TrustFlags& trust,
                               const Settings& settings, const Clock& clock,
                               const std::string& reply_file) {
    const auto reply = read_whole_file(reply_file, certs::kTimeStampSizeMax);
    if (!reply) return failure(ErrorCode::usage, "--time-stamp: " + reply.error().message);
    const Renewable found = QUIETUS_TRY(read_renewable(cert, trust, settings, clock));
    const auto stamp =
        certs::verify_time_stamp(*reply, found.list, found.trust.tsa_roots_pem, clock.now());
    if (!stamp)
        return failure(ErrorCode::bad_evidence, stamp.error().message,
                       "export a new request: the reply must be of the folder as it is now");
    return write_renewal(found, *reply, clock.now());
}

}  // namespace quietus::app
