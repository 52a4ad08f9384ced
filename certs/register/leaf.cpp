#include "base/bytes.h"
#include "certs/register/register.h"

namespace quietus::certs {

namespace {

constexpr const char* kLeafSchema = "quietus/leaf/1";

// Empty where the record says {"unavailable": why}.
std::string text_in(const Json& object, const char* key) {
    const auto value = string_member(object, key);
    return value ? *value : std::string{};
}

}  // namespace

std::string leaf_bytes(const LeafFacts& facts) {
    return canonical_json({{"schema", kLeafSchema},
                           {"id", facts.id},
                           {"type", facts.type},
                           {"verdict", facts.verdict},
                           {"serial", facts.serial},
                           {"wwn", facts.wwn},
                           {"model", facts.model},
                           {"issued", facts.issued},
                           {"record_sha256", facts.record_sha256},
                           {"signature_sha256", facts.signature_sha256},
                           {"size_bytes", json_integer(facts.size_bytes)}});
}

Result<LeafFacts> parse_leaf(std::string_view leaf) {
    const Json json = QUIETUS_TRY_CONTEXT(parse_json(leaf), "register entry");
    LeafFacts facts;
    facts.id = text_in(json, "id");
    facts.type = text_in(json, "type");
    facts.verdict = text_in(json, "verdict");
    facts.serial = text_in(json, "serial");
    facts.wwn = text_in(json, "wwn");
    facts.model = text_in(json, "model");
    facts.issued = text_in(json, "issued");
    facts.record_sha256 = text_in(json, "record_sha256");
    facts.signature_sha256 = text_in(json, "signature_sha256");
    facts.size_bytes = QUIETUS_TRY_CONTEXT(integer_member(json, "size_bytes"), "register entry");
    if (leaf_bytes(facts) != leaf)
        return failure(ErrorCode::bad_evidence, "register entry: not in its one spelling");
    return facts;
}

Result<LeafFacts> leaf_of(const Json& record, std::string_view record_bytes,
                          std::string_view signature_bytes) {
    const Json drive = QUIETUS_TRY(member(record, "drive"));
    LeafFacts facts;
    facts.id = QUIETUS_TRY(string_member(record, "id"));
    facts.type = QUIETUS_TRY(string_member(record, "type"));
    facts.verdict = QUIETUS_TRY(string_member(record, "verdict"));
    facts.issued = QUIETUS_TRY(string_member(record, "issued"));
    facts.serial = text_in(drive, "serial");
    facts.wwn = text_in(drive, "wwn");
    facts.model = text_in(drive, "model");
    facts.size_bytes = QUIETUS_TRY(integer_member(drive, "size_bytes"));
    facts.record_sha256 = sha256_hex(record_bytes);
    facts.signature_sha256 = sha256_hex(signature_bytes);
    return facts;
}

}  // namespace quietus::certs
