#include "certs/renewal.h"

#include <array>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "certs/envelope.h"
#include "certs/time_stamp.h"

namespace quietus::certs {

namespace {

constexpr std::string_view kStart = "renewal-";

std::string sha512_hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    QUIETUS_CHECK(
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha512(), nullptr) == 1);
    return to_hex(std::as_bytes(std::span{digest.data(), size}));
}

// 0 where the name is no renewal's.
std::size_t number_of(std::string_view name) {
    for (std::size_t number = 1; number <= kRenewalsMax; ++number) {
        if (name == renewal_list_name(number) || name == renewal_stamp_name(number)) return number;
    }
    return 0;
}

tl::unexpected<Error> refuse(std::size_t number, const std::string& why) {
    return failure(ErrorCode::not_authentic, "renewal " + std::to_string(number) + ": " + why);
}

}  // namespace

std::string renewal_list_name(std::size_t number) {
    return std::string{kStart} + std::to_string(number) + ".txt";
}

std::string renewal_stamp_name(std::size_t number) {
    return std::string{kStart} + std::to_string(number) + ".tsr";
}

bool is_renewal_name(std::string_view name) {
    return number_of(name) != 0;
}

std::size_t renewals_in(const Folder& folder) {
    std::size_t count = 0;
    while (count < kRenewalsMax && (folder.contains(renewal_list_name(count + 1)) ||
                                    folder.contains(renewal_stamp_name(count + 1))))
        ++count;
    return count;
}

std::string renewal_list(const Folder& folder, std::size_t number) {
    std::string list;
    for (const auto& [name, bytes] : folder) {
        const std::size_t other = number_of(name);
        if (name == kPeopleName || other >= number) continue;
        list += sha512_hex(bytes) + "  " + name + "\n";
    }
    return list;
}

Result<Renewed> check_renewals(const Folder& folder, std::string_view tsa_roots_pem, UtcTime now) {
    Renewed renewed{.as_of = now, .findings = {}};
    const std::size_t count = renewals_in(folder);
    for (const auto& [name, bytes] : folder) {
        if (number_of(name) > count) return refuse(number_of(name), "there is none before it");
    }
    for (std::size_t number = count; number > 0; --number) {
        const auto list = folder.find(renewal_list_name(number));
        const auto stamp = folder.find(renewal_stamp_name(number));
        if (list == folder.end() || stamp == folder.end())
            return refuse(number, "its list or its time stamp is missing");
        if (list->second != renewal_list(folder, number))
            return refuse(number, "its list is not of the files that are here");
        const TimeStamp stamped = QUIETUS_TRY_CONTEXT(
            verify_time_stamp(stamp->second, list->second, tsa_roots_pem, renewed.as_of),
            "renewal " + std::to_string(number));
        if (stamped.trusted) renewed.as_of = stamped.time;
        renewed.findings.push_back("renewal " + std::to_string(number) + ": stamped " +
                                   to_rfc3339(stamped.time) + " by " + stamped.authority +
                                   (stamped.trusted ? "" : ", whom nobody here was told to trust"));
    }
    return renewed;
}

}  // namespace quietus::certs
