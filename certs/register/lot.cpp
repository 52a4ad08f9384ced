#include "certs/register/lot.h"

#include <algorithm>
#include <array>
#include <set>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/bytes.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kNonceSizeMin = 16;
constexpr std::uint32_t kWhole = 1000;

std::string rank_of(const Bytes& nonce, const std::string& record_sha256) {
    const auto digest = from_hex(record_sha256).value_or(Bytes{});
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    const auto* made = HMAC(EVP_sha256(), nonce.data(), static_cast<int>(nonce.size()),
                            reinterpret_cast<const unsigned char*>(digest.data()), digest.size(),
                            mac.data(), &size);
    QUIETUS_CHECK(made != nullptr);
    return to_hex(std::as_bytes(std::span{mac.data(), size}));
}

}  // namespace

Result<std::uint32_t> parse_fraction(std::string_view text) {
    const auto refuse = [&] {
        return failure(ErrorCode::usage, "'" + printable_text(text) + "' is no share",
                       "give --fraction as 20% or 12.5%, more than 0 and at most 100");
    };
    if (!text.ends_with('%')) return refuse();
    text.remove_suffix(1);
    const auto dot = text.find('.');
    const std::string_view whole = text.substr(0, dot);
    const std::string_view tenth = dot == std::string_view::npos ? "0" : text.substr(dot + 1);
    const auto digits = [](std::string_view part, std::size_t most) {
        return !part.empty() && part.size() <= most &&
               part.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (!digits(whole, 3) || !digits(tenth, 1)) return refuse();
    std::uint32_t value = 0;
    for (const char c : std::string{whole} + std::string{tenth})
        value = value * 10 + static_cast<std::uint32_t>(c - '0');
    if (value == 0 || value > kWhole) return refuse();
    return value;
}

Result<std::vector<Register::Entry>> draw_lot(const std::vector<Register::Entry>& entries,
                                              std::string_view nonce, std::uint32_t thousandths) {
    const auto random = from_hex(nonce);
    if (!random || random->size() < kNonceSizeMin)
        return failure(ErrorCode::usage, "the nonce is not hex of at least 16 bytes",
                       "have the auditor draw one: openssl rand -hex 16");
    std::vector<std::pair<std::string, const Register::Entry*>> ranked;
    std::set<std::string> seen;  // one record may have been entered again with a time stamp
    for (const Register::Entry& entry : entries) {
        if (entry.facts.type == "sanitization" && seen.insert(entry.facts.record_sha256).second)
            ranked.emplace_back(rank_of(*random, entry.facts.record_sha256), &entry);
    }
    std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
        return std::pair{a.first, a.second->index} < std::pair{b.first, b.second->index};
    });
    const std::uint64_t count = (ranked.size() * std::uint64_t{thousandths} + kWhole - 1) / kWhole;
    std::vector<Register::Entry> lot;
    for (std::uint64_t i = 0; i < count; ++i) lot.push_back(*ranked[i].second);
    return lot;
}

}  // namespace quietus::certs
