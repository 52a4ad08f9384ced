#pragma once
// Objections of the guards and what people said to them: values here, so that records can name
// them.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/exit_status.h"
#include "base/result.h"

namespace quietus {

enum class Severity {
    stop,           ///< Nothing on the command line overrides it.
    needs_consent,  ///< --accept RULE_ID, recorded.
};
std::string to_string(Severity severity);  // "stop", "needs-consent"

struct Objection {
    std::string rule;  ///< Stable id: "mounted".
    Severity severity{Severity::stop};
    ExitStatus status{ExitStatus::refused};
    std::string what;    ///< "/dev/sda: mounted at /srv": fault first, lower case.
    std::string remedy;  ///< "umount /srv, or choose another disk".
    friend bool operator==(const Objection&, const Objection&) = default;
};

/// How a person named this drive. Exactly one of them must match.
enum class ConsentMeans { none, typed_serial, confirm_flag, plan_token };
std::string to_string(ConsentMeans means);  // "none", "typed-serial", "confirm-flag", "plan-token"
Result<ConsentMeans> parse_consent_means(std::string_view text);

struct Consent {
    std::vector<std::string> confirmations;  ///< Each --confirm, or the line typed at the prompt.
    bool typed{false};                       ///< The confirmations came from a terminal.
    std::string plan_token;          ///< --confirm-plan; checked against all plans of the call.
    bool plan_token_holds{false};    ///< Set by whoever checked it.
    std::set<std::string> accepted;  ///< --accept RULE_ID.
    friend bool operator==(const Consent&, const Consent&) = default;
};

}  // namespace quietus
