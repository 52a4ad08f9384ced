#include "certs/envelope.h"

#include "base/bytes.h"
#include "certs/cms.h"
#include "certs/embedded.h"
#include "certs/json_parts.h"
#include "certs/verify.h"

namespace quietus::certs {

namespace {

Json evidence_part(const IssueContext& context, const Folder& files) {
    Json list = Json::array();
    for (const auto& [name, bytes] : files)
        list.push_back({{"name", name}, {"sha256", sha256_hex(bytes)}});
    const std::string no_register = "no register is configured";
    return {{"durability", printable_text(context.durability)},
            {"register",
             {{"id", text_or(context.register_id, no_register)},
              {"log_public_key", text_or(context.register_public_key, no_register)}}},
            {"time_stamp", context.time_stamp_authority.empty()
                               ? unavailable("no time-stamp authority is configured")
                               : Json{{"authority", printable_text(context.time_stamp_authority)}}},
            {"files", list}};
}

Json clock_part(const IssueContext& context) {
    return {{"source", text_or(context.clock_source, "not stated")},
            {"offset_ms", unavailable("the clock was not compared with another")},
            {"plausible", context.clock_plausible}};
}

Json signing_key_part(const SigningKey& key) {
    return {{"fingerprint_sha256", key.fingerprint_sha256()},
            {"protection", key.protection()},
            {"self_signed", key.self_signed()},
            {"subject", text_or(key.subject(), "the certificate has an empty name")}};
}

Json issuer_part(const Heading& heading) {
    const std::string missing = "not given in the configuration (organisation_";
    return {{"organisation", text_or(heading.organisation, "not given (--organisation)")},
            {"address", text_or(heading.organisation_address, missing + "address)")},
            {"contact", text_or(heading.organisation_contact, missing + "contact)")}};
}

Json tool_part(const ToolFacts& tool, const IssueContext& context) {
    return {{"name", text_or(tool.name, "not stated")},
            {"version", text_or(tool.version, "not stated")},
            {"commit", text_or(tool.commit, "not stated")},
            {"binary_sha256", text_or(tool.binary_sha256, "the binary could not be read")},
            {"build", text_or(tool.build, "not stated")},
            {"selftest", text_or(tool.selftest, "not run")},
            {"configuration_sha256", text_or(context.configuration_sha256, "no configuration")}};
}

// Our own signer is pinned: what is checked is that the folder says what it should.
Result<void> check_own_work(const Folder& folder, const IssueContext& context,
                            const SigningKey& key) {
    const Trust own{.roots_pem = {}, .fingerprint = key.fingerprint_sha256()};
    const Report report = verify_folder(folder, own, context.issued, ReceiptRule::not_yet);
    if (report.authentic) return {};
    const std::string why =
        report.findings.empty() ? "nothing was checked" : report.findings.back().what;
    return failure(ErrorCode::evidence_incomplete, "the evidence just made does not verify: " + why,
                   "check the clock and the validity of the signing certificate");
}

}  // namespace

Json heading_json(const Heading& heading, const IssueContext& context, const SigningKey& key,
                  const Folder& files) {
    return {{"schema", "quietus/certificate/1"},
            {"type", heading.type},
            {"id", printable_text(heading.id)},
            {"issued", to_rfc3339(context.issued)},
            {"clock", clock_part(context)},
            {"issuer", issuer_part(heading)},
            {"signing_key", signing_key_part(key)},
            {"evidence", evidence_part(context, files)},
            {"people", heading.people},
            {"tool", tool_part(heading.tool, context)}};
}

std::string people_bytes(const std::vector<Person>& people, const std::string& id,
                         const std::string& salt) {
    Json list = Json::array();
    for (const Person& person : people) {
        list.push_back({{"role", printable_text(person.role)},
                        {"name", text_or(person.name, "not given")},
                        {"title", text_or(person.title, "not given")},
                        {"organisation", text_or(person.organisation, "not given")},
                        {"contact", text_or(person.contact, "not given")},
                        {"location", text_or(person.location, "not given")},
                        {"authenticated_by", text_or(person.authenticated_by, "not known")},
                        {"loginuid", text_or(person.login_uid, "not known")}});
    }
    return canonical_json({{"schema", "quietus/people/1"},
                           {"record_id", printable_text(id)},
                           {"salt", salt},
                           {"people", std::move(list)}});
}

Json people_part(const std::vector<Person>& people, const std::string& bytes) {
    Json named = Json::array();
    for (const Person& person : people)
        if (!person.name.empty()) named.push_back(printable_text(person.role));
    return {{"document", kPeopleName}, {"named", std::move(named)}, {"sha256", sha256_hex(bytes)}};
}

Result<void> check_people(const Json& document, std::string_view bytes) {
    const Json part = QUIETUS_TRY(member(document, "people"));
    if (QUIETUS_TRY(string_member(part, "sha256")) != sha256_hex(bytes))
        return failure(ErrorCode::not_authentic,
                       "people: people.json is not the file the record is bound to");
    return {};
}

Result<Folder> seal(const Sealed& parts, const IssueContext& context, const SigningKey& key,
                    const std::function<std::string(const Folder& files)>& write) {
    Folder folder = parts.attachments;
    folder["chain.pem"] = key.chain_pem();
    folder["verify.sh"] = std::string{verify_script()};
    const std::string bytes = write(folder);
    folder[parts.stem + ".p7s"] = QUIETUS_TRY(sign_detached(key, bytes, context.issued));
    folder[parts.stem + ".json"] = bytes;
    folder[kPeopleName] = parts.people;
    QUIETUS_TRY(check_own_work(folder, context, key));
    return folder;
}

}  // namespace quietus::certs
