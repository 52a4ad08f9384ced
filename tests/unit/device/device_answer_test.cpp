// What a drive's own words prove: each reason to say no, and each way in which a change is seen.

#include "device/device_answer.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/endian.h"

namespace quietus {
namespace {

using testing::HasSubstr;
using State = NvmeSanitizeLog::State;

constexpr std::uint32_t kBlockErase = 2, kCryptoErase = 4;
/// SSTAT: states, and the bit that says that nothing was written since the last success.
constexpr unsigned kNever = 0, kDone = 1, kRunning = 2, kFailed = 3, kDoneDeallocated = 4,
                   kNothingWritten = 0x100;

Bytes command_of(std::uint32_t dword10, std::uint8_t opcode = 0x84) {
    Bytes entry(64);
    put_little(entry, 0, 1, opcode);
    put_little(entry, 40, 4, dword10);
    return entry;
}

DeviceStatus status_of(unsigned sstat, std::uint32_t dword10) {
    DeviceStatus status{.time = {1'800'000'000'000}, .raw = Bytes(kSanitizeLogKept)};
    put_little(status.raw, 0, 2, (sstat & 7U) == kRunning ? 0x8000 : 0xFFFF);
    put_little(status.raw, 2, 2, sstat);
    put_little(status.raw, 4, 4, dword10);
    return status;
}

/// A block erase that was seen to run on a drive that was never sanitized before.
DeviceAnswer good_answer() {
    DeviceAnswer answer;
    answer.command = command_of(kBlockErase);
    answer.before = status_of(kNever, 0);
    answer.completion = 0;
    answer.after = {status_of(kRunning, kBlockErase),
                    status_of(kDone | kNothingWritten, kBlockErase)};
    return answer;
}

DeviceAnswer answer_that(const std::function<void(DeviceAnswer&)>& change) {
    DeviceAnswer answer = good_answer();
    change(answer);
    return answer;
}

std::string why_not(const DeviceAnswer& answer, std::uint32_t action = kBlockErase) {
    const auto proof = prove_sanitize(answer, action);
    return proof ? "proved: " + proof->change() : proof.error();
}

std::string change_of(const DeviceAnswer& answer) {
    const auto proof = prove_sanitize(answer, kBlockErase);
    return proof ? proof->change() : "not proved: " + proof.error();
}

/// Success of the same command before and after, and nothing seen in between.
DeviceAnswer unmoved_answer(unsigned before, unsigned after) {
    return answer_that([&](DeviceAnswer& answer) {
        answer.before = status_of(before, kBlockErase);
        answer.after = {status_of(after, kBlockErase)};
    });
}

// -- Each way in which a change is seen
// ------------------------------------------------------------------------------------------------

TEST(SanitizeProof, OneThatWasSeenRunningIsProved) {
    const auto proof = prove_sanitize(good_answer(), kBlockErase);
    ASSERT_TRUE(proof.has_value()) << proof.error();
    EXPECT_EQ(proof->change(), "in progress, then succeeded");
    EXPECT_EQ(proof->log().state, State::succeeded);
    EXPECT_EQ(proof->log().command_dword10, kBlockErase);
}

TEST(SanitizeProof, ASuccessThatDeallocatedThoughItWasAskedNotToIsProvedToo) {
    const auto answer =
        answer_that([](auto& one) { one.after.back() = status_of(kDoneDeallocated, kBlockErase); });
    EXPECT_EQ(change_of(answer), "in progress, then succeeded-deallocated");
}

TEST(SanitizeProof, OneThatWasOverAtOnceIsProvedWhereNoneHadSucceededBefore) {
    for (const unsigned before : {kNever, kFailed}) {
        const auto answer = answer_that([&](DeviceAnswer& one) {
            one.before = status_of(before, kBlockErase);
            one.after = {status_of(kDone, kBlockErase)};
        });
        EXPECT_THAT(change_of(answer), HasSubstr(", then succeeded"));
    }
    EXPECT_EQ(change_of(answer_that([](DeviceAnswer& one) {
                  one.before = status_of(kFailed, kBlockErase);
                  one.after = {status_of(kDone, kBlockErase)};
              })),
              "failed, then succeeded");
}

TEST(SanitizeProof, OneAfterAnotherCommandsSuccessIsProved) {
    const auto answer = answer_that([](DeviceAnswer& one) {
        one.before = status_of(kDone, kCryptoErase);
        one.after = {status_of(kDone, kBlockErase)};
    });
    EXPECT_EQ(change_of(answer), "another command's success, then this one's");
}

TEST(SanitizeProof, OneThatBroughtBackGlobalDataErasedIsProved) {
    EXPECT_EQ(change_of(unmoved_answer(kDone, kDone | kNothingWritten)),
              "written since the success before, then erased again");
}

TEST(SanitizeProof, AnAdoptedOperationNeedsNoAnswerToTheCommand) {
    const auto answer = answer_that([](DeviceAnswer& one) {
        one.adopted = true;
        one.completion.reset();
        one.after = {status_of(kDone, kBlockErase)};
    });
    EXPECT_EQ(change_of(answer), "never-started, then succeeded");
}

TEST(SanitizeProof, OneThatWasSeenRunningNeedsNoAnswerToTheCommand) {
    EXPECT_EQ(change_of(answer_that([](DeviceAnswer& one) { one.completion.reset(); })),
              "in progress, then succeeded");
}

// -- Each reason to say no
// ------------------------------------------------------------------------------------------------

TEST(SanitizeProof, WithoutACommandThereIsNone) {
    EXPECT_EQ(why_not(answer_that([](auto& one) { one.command.clear(); })),
              "no Sanitize command was sent");
    EXPECT_EQ(why_not(answer_that([](auto& one) { one.command.pop_back(); })),
              "no Sanitize command was sent");
    EXPECT_EQ(why_not(DeviceAnswer{}), "no Sanitize command was sent");
}

TEST(SanitizeProof, ACommandOtherThanSanitizeProvesNothing) {
    // Format NVM, whose dword 10 happens to be the same.
    EXPECT_EQ(why_not(answer_that([](auto& one) { one.command = command_of(kBlockErase, 0x80); })),
              "no Sanitize command was sent");
}

TEST(SanitizeProof, AnotherOperationThanWasPlannedProvesNothing) {
    EXPECT_EQ(why_not(good_answer(), kCryptoErase), "another Sanitize operation was sent");
}

TEST(SanitizeProof, ACommandThatTheDriveRefusedProvesNothing) {
    for (const std::uint32_t status : {0x001U, 0x01DU, 0x4002U, 0x4000U})
        EXPECT_EQ(why_not(answer_that([&](auto& one) { one.completion = status; })),
                  "the drive did not accept the Sanitize command");
}

TEST(SanitizeProof, WithoutTheStatusBeforeThereIsNoChange) {
    EXPECT_EQ(why_not(answer_that([](auto& one) { one.before.reset(); })),
              "the drive's status before the command is not known");
}

TEST(SanitizeProof, AStatusBeforeThatIsCutOffCannotBeCompared) {
    EXPECT_EQ(why_not(answer_that([](auto& one) { one.before->raw.pop_back(); })),
              "the drive's status could not be read");
}

TEST(SanitizeProof, WithoutAnyStatusSinceThereIsNone) {
    EXPECT_EQ(why_not(answer_that([](auto& one) { one.after.clear(); })),
              "the drive's status could not be read");
}

TEST(SanitizeProof, AnyStatusThatIsCutOffSpoilsIt) {
    for (const std::size_t which : {0U, 1U})
        EXPECT_EQ(why_not(answer_that([&](auto& one) { one.after[which].raw.pop_back(); })),
                  "the drive's status could not be decoded");
}

TEST(SanitizeProof, ADriveThatSaysItFailedHasFailed) {
    EXPECT_EQ(
        why_not(answer_that([](auto& one) { one.after.back() = status_of(kFailed, kBlockErase); })),
        "the drive says that it failed");
}

TEST(SanitizeProof, AnythingElseThanSuccessAtTheEndIsNone) {
    for (const unsigned state : {kNever, kRunning, 5U, 6U, 7U})
        EXPECT_THAT(why_not(answer_that(
                        [&](auto& one) { one.after.back() = status_of(state, kBlockErase); })),
                    HasSubstr(", not success"));
}

TEST(SanitizeProof, OnlyTheLastStatusCounts) {
    EXPECT_EQ(why_not(answer_that(
                  [](auto& one) { one.after.push_back(status_of(kFailed, kBlockErase)); })),
              "the drive says that it failed");
}

TEST(SanitizeProof, TheEchoOfAnotherCommandProvesNothing) {
    // The same operation with No-Deallocate is another command.
    for (const std::uint32_t dword10 : {0U, kCryptoErase, kBlockErase | 1U << 9U})
        EXPECT_EQ(
            why_not(answer_that([&](auto& one) { one.after.back() = status_of(kDone, dword10); })),
            "the drive tells of another command than the one it was sent");
}

TEST(SanitizeProof, WithoutAnAnswerOrASightOfItRunningThereIsNone) {
    EXPECT_EQ(why_not(answer_that([](DeviceAnswer& one) {
                  one.completion.reset();
                  one.after = {status_of(kDone, kBlockErase)};
              })),
              "the drive did not answer the Sanitize command, and was not seen to run it");
}

TEST(SanitizeProof, SeeingAnotherCommandRunIsNotSeeingThisOne) {
    EXPECT_EQ(why_not(answer_that([](DeviceAnswer& one) {
                  one.completion.reset();
                  one.after.front() = status_of(kRunning, kCryptoErase);
              })),
              "the drive did not answer the Sanitize command, and was not seen to run it");
}

TEST(SanitizeProof, AStatusThatIsWhatItWasProvesNothing) {
    const std::string unmoved =
        "the drive's status is what it was before the command: nothing shows that it ran";
    EXPECT_EQ(why_not(unmoved_answer(kDone, kDone)), unmoved);
    EXPECT_EQ(why_not(unmoved_answer(kDone | kNothingWritten, kDone | kNothingWritten)), unmoved);
    EXPECT_EQ(why_not(unmoved_answer(kDone | kNothingWritten, kDone)), unmoved);
    EXPECT_EQ(why_not(unmoved_answer(kDoneDeallocated, kDone)), unmoved);
}

// -- JSON
// ------------------------------------------------------------------------------------------------

Result<DeviceAnswer> through_text(const DeviceAnswer& answer) {
    return device_answer_from_json(QUIETUS_TRY(parse_json(canonical_json(to_json(answer)))));
}

TEST(DeviceAnswerJson, BringsEverythingBackThroughText) {
    DeviceAnswer full = good_answer();
    full.adopted = true;
    full.completion = 0xFFFFFFFF;
    full.after.assign(kStatusesMax, status_of(kRunning, 0xFFFFFFFF));
    for (const DeviceAnswer& answer : {DeviceAnswer{}, good_answer(), full}) {
        const auto back = through_text(answer);
        ASSERT_TRUE(back.has_value()) << back.error().message;
        EXPECT_EQ(*back, answer);
    }
}

TEST(DeviceAnswerJson, WithoutAnyMemberItIsNoAnswer) {
    const Json whole = to_json(good_answer());
    for (const auto& [key, value] : whole.items()) {
        Json less = whole;
        less.erase(key);
        EXPECT_FALSE(device_answer_from_json(less).has_value()) << key;
    }
}

TEST(DeviceAnswerJson, MoreStatusesThanAreKeptAreRefused) {
    DeviceAnswer answer = good_answer();
    answer.after.assign(kStatusesMax + 1, answer.after.front());
    EXPECT_FALSE(through_text(answer).has_value());
}

TEST(DeviceAnswerJson, WhatIsNotHexIsRefused) {
    Json json = to_json(good_answer());
    json["command"] = "84zz";
    EXPECT_FALSE(device_answer_from_json(json).has_value());
    json = to_json(good_answer());
    json["after"][0]["raw"] = "0";
    EXPECT_FALSE(device_answer_from_json(json).has_value());
}

// A refusal that lost its upper bits would read as "accepted".
TEST(DeviceAnswerJson, ACompletionThatDoesNotFitIsNotCutOffToSuccess) {
    Json json = to_json(good_answer());
    json["completion"] = std::uint64_t{1} << 32U;
    EXPECT_FALSE(device_answer_from_json(json).has_value());
}

}  // namespace
}  // namespace quietus
