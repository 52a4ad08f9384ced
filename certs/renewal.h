#pragma once
// Evidence that outlives its algorithms and authorities: renewal-N.txt lists every file of the
// folder with its SHA-512, as sha512sum(1) writes it, and renewal-N.tsr is a time stamp over that
// list. A later one covers the earlier ones, so that only the newest authority must still be valid.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/utc_time.h"
#include "certs/evidence.h"

namespace quietus::certs {

/// "renewal-2.txt" and "renewal-2.tsr".
std::string renewal_list_name(std::size_t number);
std::string renewal_stamp_name(std::size_t number);
bool is_renewal_name(std::string_view name);
/// At one in two years more than a lifetime.
inline constexpr std::size_t kRenewalsMax = 16;
/// How many there are, counted from 1 without a gap.
std::size_t renewals_in(const Folder& folder);

/// The bytes of renewal-N.txt for this folder: every file but people.json, which may be taken out,
/// and the renewals from N on.
std::string renewal_list(const Folder& folder, std::size_t number);

struct Renewed {
    /// The time as of which everything else is judged: of the first renewal, or now.
    UtcTime as_of;
    std::vector<std::string> findings;  ///< A sentence for each, the newest first.
};
/// Every renewal from the newest to the first: its list fits the folder, its stamp fits the list
/// and leads to one of these roots as of the one after it. `not_authentic` says which does not.
Result<Renewed> check_renewals(const Folder& folder, std::string_view tsa_roots_pem, UtcTime now);

}  // namespace quietus::certs
