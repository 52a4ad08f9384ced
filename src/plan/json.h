#pragma once
// Plans, consents and objections as JSON: what the journal stores, `--json` prints and records
// embed. Lossless both ways, also for text that is not UTF-8; whatever is not exactly ours is
// bad_evidence.

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "plan/consent.h"
#include "plan/plan.h"

namespace quietus {

/// With the policy's name and version and the plan's digest; reading checks that the digest holds.
Json to_json(const Plan& plan);
Result<Plan> plan_from_json(const Json& json);

Json to_json(const Goal& goal);
Result<Goal> goal_from_json(const Json& json);
Json to_json(const Technique& technique);
Result<Technique> technique_from_json(const Json& json);
Json to_json(const Step& step);
Result<Step> step_from_json(const Json& json);

Json to_json(const Consent& consent);
Result<Consent> consent_from_json(const Json& json);
Json to_json(const Objection& objection);
Result<Objection> objection_from_json(const Json& json);

/// Text of any origin: a string where it is printable UTF-8, else {"hex": its bytes}.
Json text_to_json(const std::string& text);
Result<std::string> text_from_json(const Json& json);
Result<std::string> text_member(const Json& object, const std::string& key);

/// The member `key` as `read` reads it; a fault says which member.
template <class T>
Result<T> value_member(const Json& object, const std::string& key, Result<T> (*read)(const Json&)) {
    const Json value = QUIETUS_TRY(member(object, key));
    return QUIETUS_TRY_CONTEXT(read(value), key);
}

/// Each element of the array `key` read by `read`; bad_evidence where it is missing or no array.
template <class T>
Result<std::vector<T>> list_member(const Json& object, const std::string& key,
                                   Result<T> (*read)(const Json&)) {
    const Json list = QUIETUS_TRY(member(object, key));
    if (!list.is_array()) {
        return failure(ErrorCode::bad_evidence, "\"" + key + "\" is not an array");
    }
    std::vector<T> values;
    for (const Json& item : list) values.push_back(QUIETUS_TRY_CONTEXT(read(item), key));
    return values;
}

/// An array of what `write` makes of each.
template <class T>
Json list_to_json(const std::vector<T>& values, Json (*write)(const T&)) {
    Json list = Json::array();
    for (const T& value : values) list.push_back(write(value));
    return list;
}

}  // namespace quietus
