#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/json.h"
#include "support/record_builder.h"

namespace quietus {
namespace {

using test::a_perfect_outcome;
using test::a_plan;

template <class T, class Back>
void expect_round_trip(const T& value, Back back) {
    const Json once = parse_json(canonical_json(to_json(value))).value();
    const auto again = back(once);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(*again, value);
}

void expect_outcome_round_trip(const StepOutcome& outcome) {
    expect_round_trip(outcome, [](const Json& json) { return outcome_from_json(json, a_plan()); });
}

TEST(RecordJson, APerfectOutcomeOfEachStepComesBackAsItWent) {
    expect_outcome_round_trip(a_perfect_outcome(a_plan(), 0));
    expect_outcome_round_trip(a_perfect_outcome(a_plan(), 1));
}

TEST(RecordJson, EveryEndOfAStepComesBackAsItWent) {
    for (const StepEnd end :
         {StepEnd::completed, StepEnd::io_error, StepEnd::device_gone, StepEnd::mismatch,
          StepEnd::interrupted, StepEnd::hung, StepEnd::not_ended}) {
        StepOutcome outcome = a_perfect_outcome(a_plan(), 0);
        outcome.end = end;
        outcome.ended.reset();
        outcome.cause = "write at byte 4096: Input/output error";
        expect_outcome_round_trip(outcome);
    }
    EXPECT_EQ(parse_step_end("finished").error().code, ErrorCode::bad_evidence);
}

TEST(RecordJson, ASampleWithItsSeedAndNumbersBeyond53BitsComeBackAsTheyWent) {
    StepOutcome outcome = a_perfect_outcome(a_plan(), 1);
    outcome.sample_seed = Bytes(32, std::byte{0xA5});
    outcome.sample_subsections = 1000;
    outcome.sample_per_subsection = 2;
    outcome.bytes_done = (std::uint64_t{1} << 63U) + 1;
    outcome.covered = {};
    outcome.covered.add({(std::uint64_t{1} << 60U) + 512, (std::uint64_t{1} << 54U) + 1});
    outcome.failed.add({0, 512});
    outcome.mismatched.add({1024, 512});
    outcome.unreadable.add({4096, 4096});
    expect_outcome_round_trip(outcome);
}

TEST(RecordJson, AStepThePlanDoesNotHaveIsRefused) {
    Json json = to_json(a_perfect_outcome(a_plan(), 1));
    json["index"] = 2;
    EXPECT_EQ(outcome_from_json(json, a_plan()).error().code, ErrorCode::bad_evidence);
}

TEST(RecordJson, AnOutcomeWithoutAnyOneMemberIsRefused) {
    const Json whole = to_json(a_perfect_outcome(a_plan(), 0));
    for (const auto& [key, value] : whole.items()) {
        if (key == "ended" || key == "keystream" || key == "sample") continue;
        Json json = whole;
        json.erase(key);
        EXPECT_FALSE(outcome_from_json(json, a_plan()).has_value()) << key;
        json[key] = nullptr;
        EXPECT_FALSE(outcome_from_json(json, a_plan()).has_value()) << key;
    }
}

TEST(RecordJson, RangesThatWrapOrAreNotPairsAreRefused) {
    for (const char* text : {R"({})", R"([1])", R"([[1]])", R"([[1,2,3]])", R"([["a",1]])",
                             R"([[-1,1]])", R"([["18446744073709551615",1]])",
                             R"([["18446744073709551615","18446744073709551615"]])"}) {
        EXPECT_EQ(ranges_from_json(parse_json(text).value()).error().code, ErrorCode::bad_evidence)
            << text;
    }
    EXPECT_TRUE(ranges_from_json(parse_json("[]").value()).value().empty());
}

TEST(RecordJson, AKeyThatIsNotHexIsRefused) {
    Json json = to_json(test::a_keystream());
    expect_round_trip(test::a_keystream(), keystream_from_json);
    json["key"] = "zz";
    EXPECT_EQ(keystream_from_json(json).error().code, ErrorCode::bad_evidence);
}

TEST(RecordJson, FactsOfMachineToolOperatorAndOrderComeBackAsTheyWent) {
    expect_round_trip(HostFacts{.hostname = "h",
                                .kernel = "6.1",
                                .dmi_vendor = "v",
                                .dmi_product = "p",
                                .dmi_serial = "",
                                .boot_id = "b",
                                .operating_system = "Debian",
                                .missing = {{"dmi_serial", "not root"}}},
                      host_facts_from_json);
    expect_round_trip(ToolFacts{.name = "quietus",
                                .version = "1",
                                .commit = "c",
                                .binary_sha256 = "d",
                                .build = "g++",
                                .selftest = "passed"},
                      tool_facts_from_json);
    expect_round_trip(
        OperatorFacts{.declared = "Zoë", .authenticated_by = "local uid 0", .login_uid = "1000"},
        operator_facts_from_json);
    expect_round_trip(OrderFacts{.ticket = "T1",
                                 .asset_tag = "A",
                                 .organisation = "O",
                                 .location = "L",
                                 .customer = "C",
                                 .classification = "secret",
                                 .destination = "D",
                                 .manifest_sha256 = std::string(64, 'a'),
                                 .manifest_line = 7},
                      order_facts_from_json);
}

TEST(RecordJson, EveryTextOfOrderAndHostComesBackAndIsMissed) {
    OrderFacts order;
    for (const OrderText& row : kOrderTexts) order.*row.text = std::string{"said: "} + row.name;
    expect_round_trip(order, order_facts_from_json);
    for (const OrderText& row : kOrderTexts) {
        Json json = to_json(order);
        EXPECT_EQ(json[row.name], std::string{"said: "} + row.name);
        json.erase(row.name);
        EXPECT_FALSE(order_facts_from_json(json).has_value()) << row.name;
    }
    HostFacts host;
    for (const HostText& row : kHostTexts) host.*row.text = std::string{"seen: "} + row.name;
    host.tpm_pcrs = {{0, std::string(64, 'a')}, {7, std::string(64, 'b')}};
    expect_round_trip(host, host_facts_from_json);
    for (const HostText& row : kHostTexts) {
        Json json = to_json(host);
        json.erase(row.name);
        EXPECT_FALSE(host_facts_from_json(json).has_value()) << row.name;
    }
}

TEST(RecordJson, PcrValuesThatAreNotPairsAreRefused) {
    for (const char* text : {R"([1])", R"([[1]])", R"([["a","b"]])", R"([[-1,"b"]])"}) {
        Json json = to_json(HostFacts{});
        json["tpm_pcrs"] = parse_json(text).value();
        EXPECT_EQ(host_facts_from_json(json).error().code, ErrorCode::bad_evidence) << text;
    }
}

TEST(RecordJson, EveryVerdictHasAWordThatIsReadBack) {
    for (const Verdict verdict :
         {Verdict::erased, Verdict::exceptions, Verdict::not_erased, Verdict::unknown}) {
        EXPECT_EQ(parse_verdict(to_string(verdict)).value(), verdict);
    }
    EXPECT_EQ(parse_verdict("Erased").error().code, ErrorCode::bad_evidence);
    EXPECT_EQ(to_string(MediaState::untouched), "untouched");
    EXPECT_EQ(to_string(VerificationOutcome::none), "none");
}

}  // namespace
}  // namespace quietus
