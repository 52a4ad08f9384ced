#pragma once
// What people state about a drive after (or instead of) its erasure: each a signed document in a
// folder of its own, which names the documents before it by their digest. NIST SP 800-88r2 §4.5
// and §4.6 (second-hand, docs/standards.md): verification, validation, destruction, custody.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "certs/envelope.h"
#include "certs/foreign/foreign.h"

namespace quietus::certs {

enum class Decision { accept, reject, escalate };
std::string to_string(Decision decision);

/// What should happen to a drive that is not accepted.
enum class NextStep { none, repeat, stronger_technique, destroy };
std::string to_string(NextStep step);
Result<NextStep> parse_next_step(std::string_view text);

/// The validator's decision about one record.
struct Validation {
    Decision decision{Decision::escalate};
    std::string reason{};
    std::string residual_risk{};
    NextStep next{NextStep::none};
};

/// Another tool's result on the same drive.
struct SecondVerification {
    std::string tool{}, version{};
    bool passed{false};
    std::uint64_t covered_bytes{0};
    std::string expected{};  ///< What the tool looked for.
    std::string lot{};       ///< Which lot the drive was drawn in; may be empty.
};

struct Custody {
    std::string from{}, to{}, place{};
    std::string at{};  ///< RFC 3339
    std::string seal{}, container{}, scan{};
};

/// A photograph or film; the file itself stays with whoever states.
struct Picture {
    std::string name{};
    std::string sha256;
    std::uint64_t bytes{0};
};

struct Destruction {
    std::string technique{};  ///< One of destroy_techniques().
    std::string equipment{}, equipment_serial{};
    std::string particle_size{};  ///< "2 mm"
    std::string facility{};
    std::vector<Picture> pictures{};
};
struct DestroyTechnique {
    std::string_view name;
    std::string_view note;  ///< What is known against it; may be empty.
};
const std::vector<DestroyTechnique>& destroy_techniques();

/// A drive that no longer answers: all that is known is on its label.
struct Unresponsive {
    std::string symptom{};
    std::string tried{};
    std::vector<Picture> pictures{};
};

/// What another erasure program reported, and nobody checked.
struct ThirdParty {
    std::string format;  ///< Of the report: one of foreign_formats().
    ForeignClaim claim;
};

using StatementBody =
    std::variant<Validation, SecondVerification, Custody, Destruction, Unresponsive, ThirdParty>;

/// "validation", "verification", "custody", "destruction", "unresponsive",
/// "third-party": type and file name.
std::string stem_of(const StatementBody& body);
/// Is this a statement's type, and not a record's?
bool is_statement_type(std::string_view type);
/// Every such type.
const std::vector<std::string>& statement_types();
/// What a document's files may be called, without their endings: records first, then statements.
const std::vector<std::string>& document_stems();

/// A document that came before, as the statement names it.
struct PreviousDocument {
    std::string id, type, sha256;
};

/// The drive as the statement names it.
struct StatedDrive {
    std::string model{}, serial{}, wwn{}, asset_tag{};
    std::optional<std::uint64_t> size_bytes{};
    bool from_label{false};  ///< Read by a person, not by us.
};

struct Statement {
    std::string id;
    StatementBody body;
    StatedDrive drive;
    std::vector<PreviousDocument> previous;
    std::vector<Person> people;  ///< First who states.
    std::string organisation;
    std::string organisation_address{}, organisation_contact{};
    ToolFacts tool;
    Folder attachments;  ///< Files that the statement lists by digest, as another tool's report.
};

/// The signed folder; no receipt yet. `bad_evidence` or `usage` where the statement lacks what its
/// kind needs.
Result<Folder> issue_statement(const Statement& statement, const IssueContext& context,
                               const SigningKey& key);

/// One sentence of what an authentic statement says, for people; printable.
std::string sentence_of(const Json& statement);
/// What it names as coming before it.
Result<std::vector<PreviousDocument>> previous_of(const Json& statement);

}  // namespace quietus::certs
