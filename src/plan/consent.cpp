#include "plan/consent.h"

#include <array>

namespace quietus {

std::string to_string(ConsentMeans means) {
    switch (means) {
        case ConsentMeans::none:
            return "none";
        case ConsentMeans::typed_serial:
            return "typed-serial";
        case ConsentMeans::confirm_flag:
            return "confirm-flag";
        case ConsentMeans::plan_token:
            return "plan-token";
    }
    return "none";
}

Result<ConsentMeans> parse_consent_means(std::string_view text) {
    constexpr std::array kAll{ConsentMeans::none, ConsentMeans::typed_serial,
                              ConsentMeans::confirm_flag, ConsentMeans::plan_token};
    for (const ConsentMeans means : kAll) {
        if (to_string(means) == text) return means;
    }
    return failure(ErrorCode::bad_evidence, "unknown means of consent");
}

std::string to_string(Severity severity) {
    switch (severity) {
        case Severity::stop:
            return "stop";
        case Severity::needs_consent:
            return "needs-consent";
    }
    return "stop";
}

}  // namespace quietus
