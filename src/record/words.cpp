#include <array>
#include <utility>

#include "record/erase_record.h"

namespace quietus {

namespace {

// The words of records and journals, each in one place for both directions.
constexpr std::array<std::pair<Verdict, std::string_view>, 4> kVerdicts{
    {{Verdict::erased, "erased"},
     {Verdict::exceptions, "exceptions"},
     {Verdict::not_erased, "not-erased"},
     {Verdict::unknown, "unknown"}}};
constexpr std::array<std::pair<MediaState, std::string_view>, 4> kMediaStates{
    {{MediaState::untouched, "untouched"},
     {MediaState::altered, "altered"},
     {MediaState::complete, "complete"},
     {MediaState::unknown, "unknown"}}};
constexpr std::array<std::pair<StepEnd, std::string_view>, 9> kStepEnds{
    {{StepEnd::completed, "completed"},
     {StepEnd::partial, "partial"},
     {StepEnd::io_error, "io-error"},
     {StepEnd::device_gone, "device-gone"},
     {StepEnd::mismatch, "mismatch"},
     {StepEnd::interrupted, "interrupted"},
     {StepEnd::hung, "hung"},
     {StepEnd::not_ended, "not-ended"},
     {StepEnd::unproven, "unproven"}}};

template <class Enum, std::size_t N>
std::string word_of(const std::array<std::pair<Enum, std::string_view>, N>& words, Enum value) {
    for (const auto& [known, word] : words) {
        if (known == value) return std::string{word};
    }
    QUIETUS_CHECK(false && "an enumerator without a word");
    return {};
}

template <class Enum, std::size_t N>
Result<Enum> value_of(const std::array<std::pair<Enum, std::string_view>, N>& words,
                      std::string_view text, std::string_view what) {
    for (const auto& [value, word] : words) {
        if (word == text) return value;
    }
    return failure(ErrorCode::bad_evidence,
                   "unknown " + std::string{what} + " '" + std::string{text} + "'");
}

}  // namespace

std::string to_string(Verdict verdict) {
    return word_of(kVerdicts, verdict);
}
std::string to_string(MediaState state) {
    return word_of(kMediaStates, state);
}
std::string to_string(StepEnd end) {
    return word_of(kStepEnds, end);
}
Result<Verdict> parse_verdict(std::string_view text) {
    return value_of(kVerdicts, text, "verdict");
}
Result<StepEnd> parse_step_end(std::string_view text) {
    return value_of(kStepEnds, text, "step end");
}

std::string to_string(VerificationOutcome outcome) {
    switch (outcome) {
        case VerificationOutcome::pass:
            return "pass";
        case VerificationOutcome::incomplete:
            return "incomplete";
        case VerificationOutcome::fail:
            return "fail";
        case VerificationOutcome::unknown:
            return "unknown";
        case VerificationOutcome::none:
            return "none";
    }
    return "unknown";
}

}  // namespace quietus
