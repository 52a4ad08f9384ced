#pragma once
// What every signed document of ours has in common: its heading, its folder, the document of the
// people it names.

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "certs/evidence.h"
#include "record/erase_record.h"

namespace quietus::certs {

/// The folder's file of personal data. It is bound by its digest, which a random salt makes
/// unguessable, and is not one of the listed files: it may be taken out, and the rest still holds.
inline constexpr const char* kPeopleName = "people.json";

/// What one of the people declared, and how this host knew them. All texts may be empty.
struct Person {
    std::string role{};  ///< "operator", "validator", "witness", …
    std::string name{}, title{}, organisation{}, contact{}, location{};
    std::string authenticated_by{}, login_uid{};
};

/// What stands at the head of a document.
struct Heading {
    std::string type;  ///< "sanitization", "validation", …
    std::string id;    ///< UUIDv7
    std::string organisation;
    std::string organisation_address{}, organisation_contact{};
    ToolFacts tool;
    Json people;  ///< As people_part gives it.
};

/// schema, type, id, issued, clock, issuer, signing_key, evidence, people, tool. `files` are those
/// whose digests the document lists.
Json heading_json(const Heading& heading, const IssueContext& context, const SigningKey& key,
                  const Folder& files);

/// The bytes of people.json for the document with this id.
std::string people_bytes(const std::vector<Person>& people, const std::string& id,
                         const std::string& salt);
/// What the document itself says of them: the roles that were named, and the digest of people.json.
Json people_part(const std::vector<Person>& people, const std::string& bytes);
/// Is this the people.json that the document is bound to? `not_authentic` where not.
Result<void> check_people(const Json& document, std::string_view bytes);

/// Writes the document over the files it lists (`attachments`, chain.pem, verify.sh), signs it, and
/// checks what it made. `stem` is the document's file name without its ending.
struct Sealed {
    std::string stem;
    Folder attachments;
    std::string people;  ///< Bytes of people.json.
};
Result<Folder> seal(const Sealed& parts, const IssueContext& context, const SigningKey& key,
                    const std::function<std::string(const Folder& files)>& write);

}  // namespace quietus::certs
