#include "base/bytes.h"
#include "certs/register/register.h"
#include "certs/statement.h"

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
    Json json{{"schema", kLeafSchema},
              {"id", facts.id},
              {"type", facts.type},
              {"verdict", facts.verdict},
              {"serial", facts.serial},
              {"wwn", facts.wwn},
              {"model", facts.model},
              {"issued", facts.issued},
              {"record_sha256", facts.record_sha256},
              {"signature_sha256", facts.signature_sha256},
              {"size_bytes", json_integer(facts.size_bytes)}};
    if (!facts.time_stamp_sha256.empty()) json["time_stamp_sha256"] = facts.time_stamp_sha256;
    return canonical_json(json);
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
    facts.time_stamp_sha256 = text_in(json, "time_stamp_sha256");
    facts.size_bytes = QUIETUS_TRY_CONTEXT(integer_member(json, "size_bytes"), "register entry");
    if (leaf_bytes(facts) != leaf)
        return failure(ErrorCode::bad_evidence, "register entry: not in its one spelling");
    return facts;
}

Result<LeafFacts> leaf_of(const Json& record, const Folder& folder, const std::string& stem) {
    const auto bytes = folder.find(stem + ".json");
    const auto signature = folder.find(stem + ".p7s");
    QUIETUS_CHECK(bytes != folder.end() && signature != folder.end());
    const Json drive = QUIETUS_TRY(member(record, "drive"));
    LeafFacts facts;
    facts.id = QUIETUS_TRY(string_member(record, "id"));
    facts.type = QUIETUS_TRY(string_member(record, "type"));
    facts.issued = QUIETUS_TRY(string_member(record, "issued"));
    facts.serial = text_in(drive, "serial");
    facts.wwn = text_in(drive, "wwn");
    facts.model = text_in(drive, "model");
    // A statement has no verdict, and perhaps no size: nobody measured it.
    if (!is_statement_type(facts.type)) {
        facts.verdict = QUIETUS_TRY(string_member(record, "verdict"));
        facts.size_bytes = QUIETUS_TRY(integer_member(drive, "size_bytes"));
    } else if (const auto size = integer_member(drive, "size_bytes")) {
        facts.size_bytes = *size;
    }
    facts.record_sha256 = sha256_hex(bytes->second);
    facts.signature_sha256 = sha256_hex(signature->second);
    if (const auto stamp = folder.find(stem + ".tsr"); stamp != folder.end())
        facts.time_stamp_sha256 = sha256_hex(stamp->second);
    return facts;
}

}  // namespace quietus::certs
