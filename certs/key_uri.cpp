#include "certs/key_uri.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace quietus::certs {

namespace {

constexpr std::string_view kFile = "file:";
constexpr std::string_view kPkcs11 = "pkcs11:";
constexpr std::string_view kHandle = "handle:";
constexpr const char* kPkcs11Hint =
    "as in: pkcs11:token=NAME;object=NAME, with the PIN by --passphrase-fd or the terminal";

struct Attribute {
    std::string_view name;
    std::string_view value;
};

std::vector<Attribute> attributes_of(std::string_view text, char separator) {
    std::vector<Attribute> found;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        const std::string_view one = text.substr(0, end);
        const std::size_t equals = std::min(one.find('='), one.size());
        found.push_back({one.substr(0, equals), one.substr(std::min(equals + 1, one.size()))});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

// RFC 3986 §2.1. Nothing where a percent sign is not followed by two digits, or stands for NUL.
std::optional<std::string> percent_decoded(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            plain += text[at];
            continue;
        }
        const auto high = at + 2 < text.size() ? hex_digit(text[at + 1]) : std::nullopt;
        const auto low = at + 2 < text.size() ? hex_digit(text[at + 2]) : std::nullopt;
        if (!high || !low || (*high == 0 && *low == 0)) return std::nullopt;
        plain += static_cast<char>(*high << 4U | *low);
        at += 2;
    }
    return plain;
}

tl::unexpected<Error> not_understood(const std::string& why) {
    return failure(ErrorCode::config, "--key: the PKCS#11 URI " + why, kPkcs11Hint);
}

Result<KeyPlace> parse_pkcs11(std::string_view text) {
    constexpr std::array<std::string_view, 7> kKnown{"token",  "serial", "model", "manufacturer",
                                                     "object", "id",     "type"};
    KeyPlace place{.store = KeyStore::pkcs11, .name = {}, .module = {}, .needs_secret = true};
    const std::size_t query = std::min(text.find('?'), text.size());
    const std::string_view path = text.substr(kPkcs11.size(), query - kPkcs11.size());
    bool token = false;
    bool object = false;
    for (const Attribute& attribute : attributes_of(path, ';')) {
        // A ';' instead of '?' before it is easily written.
        if (attribute.name == "pin-value" || attribute.name == "pin-source")
            return not_understood("holds a PIN, where every process sees it");
        if (std::find(kKnown.begin(), kKnown.end(), attribute.name) == kKnown.end() ||
            !percent_decoded(attribute.value))
            return not_understood("has an attribute that is not understood: " +
                                  printable_text(attribute.name));
        if (attribute.name == "type" && attribute.value != "private")
            return not_understood("does not name a private key");
        token = token || attribute.name == "token" || attribute.name == "serial";
        object = object || attribute.name == "object" || attribute.name == "id";
    }
    for (const Attribute& attribute : attributes_of(text.substr(query), '&')) {
        std::string_view name = attribute.name;
        if (name.starts_with('?')) name.remove_prefix(1);
        if (name == "pin-value" || name == "pin-source")
            return not_understood("holds a PIN, where every process sees it");
        const auto value = percent_decoded(attribute.value);
        if (name != "module-path" || !value || value->empty())
            return not_understood("has an attribute that is not understood: " +
                                  printable_text(name));
        place.module = *value;
    }
    // A PIN tried on another token is a step towards locking that one.
    if (!token) return not_understood("does not say which token (token= or serial=)");
    if (!object) return not_understood("does not say which key (object= or id=)");
    place.name = text.substr(0, query);
    return place;
}

// A persistent object of the TPM: TPM 2.0 part 2, handle type 0x81.
Result<KeyPlace> parse_handle(std::string_view text) {
    constexpr std::string_view kAsks = "?pass";
    KeyPlace place{.store = KeyStore::tpm,
                   .name = std::string{text},
                   .module = {},
                   .needs_secret = text.ends_with(kAsks)};
    std::string_view digits = text.substr(kHandle.size());
    if (place.needs_secret) digits.remove_suffix(kAsks.size());
    const bool persistent = digits.size() == 10 && digits.starts_with("0x81") &&
                            std::all_of(digits.begin() + 2, digits.end(),
                                        [](char c) { return hex_digit(c).has_value(); });
    if (persistent) return place;
    return failure(ErrorCode::config, "--key: no handle of a persistent TPM key",
                   "as in: handle:0x81000001, or handle:0x81000001?pass where it has a passphrase");
}

}  // namespace

Result<KeyPlace> parse_key_uri(std::string_view text) {
    if (text.starts_with(kPkcs11)) return parse_pkcs11(text);
    if (text.starts_with(kHandle)) return parse_handle(text);
    if (text.starts_with(kFile)) {
        text.remove_prefix(kFile.size());
        if (text.starts_with("///")) text.remove_prefix(2);  // no host: RFC 8089 §2
        const auto path = percent_decoded(text);
        if (!path || path->empty())
            return failure(ErrorCode::config, "--key: the file: URI names no file",
                           "as in: file:/etc/quietus/key.pem");
        return KeyPlace{
            .store = KeyStore::file, .name = *path, .module = {}, .needs_secret = false};
    }
    return KeyPlace{
        .store = KeyStore::file, .name = std::string{text}, .module = {}, .needs_secret = false};
}

}  // namespace quietus::certs
