#include "app/declared.h"

#include "base/bytes.h"

namespace quietus::app {

namespace {

Result<void> check_answer(const std::string& what, const std::string& answer) {
    if (answer.empty() || answer == "yes" || answer == "no" || answer == "unknown") return {};
    return failure(ErrorCode::bad_evidence,
                   what + ": '" + printable_text(answer) + "' is no answer",
                   "say yes, no or unknown");
}

}  // namespace

Result<void> check_answers(const OrderFacts& said) {
    QUIETUS_TRY(check_answer("legal hold", said.legal_hold));
    return check_answer("backed up", said.backed_up);
}

Result<void> check_hold(const OrderFacts& said) {
    if (said.legal_hold != "yes") return {};
    return failure(ErrorCode::refused, "the data are under a legal hold",
                   "nothing under a legal hold is erased: have the hold lifted first");
}

}  // namespace quietus::app
