// NVMe log pages built by hand (byte offsets of NVM Express Base Specification 2.0), and NvmeFacts
// through JSON.

#include "device/nvme.h"

#include <array>
#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "base/endian.h"

namespace quietus {
namespace {

using namespace std::string_literals;
using State = NvmeSanitizeLog::State;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

Bytes sanitize_page(unsigned sstat) {
    Bytes page(kSanitizeLogSize);
    put_little(page, 0, 2, 0x8001);
    put_little(page, 2, 2, sstat);
    put_little(page, 4, 4, 0x04030201);
    put_little(page, 8, 4, 16);
    put_little(page, 12, 4, 12);
    put_little(page, 16, 4, 4);
    return page;
}

NvmeSanitizeLog log_of(unsigned sstat) {
    const auto log = decode_sanitize_log(sanitize_page(sstat));
    EXPECT_TRUE(log.has_value());
    return log.value_or(NvmeSanitizeLog{});
}

TEST(NvmeSanitizeStatus, EachValueIsAStateAndOnlyTwoAreSuccess) {
    constexpr std::array kStates{State::never,
                                 State::succeeded,
                                 State::in_progress,
                                 State::failed,
                                 State::succeeded_deallocated,
                                 State::reserved,
                                 State::reserved,
                                 State::reserved};
    for (unsigned value = 0; value < kStates.size(); ++value) {
        EXPECT_EQ(log_of(value).state, kStates[value]) << value;
        EXPECT_EQ(log_of(value).succeeded(), value == 1 || value == 4) << value;
        // Neither passes, nor Global Data Erased, nor what is reserved is part of it.
        EXPECT_EQ(log_of(value | 0xFFF8U).state, kStates[value]) << value;
    }
}

TEST(NvmeSanitizeStatus, EveryStateHasANameOfItsOwn) {
    std::set<std::string> names;
    for (unsigned value = 0; value < 6; ++value) names.insert(to_string(log_of(value).state));
    EXPECT_EQ(names.size(), 6U);
}

TEST(NvmeSanitizeStatus, ReadsEachFieldWhereTheStandardHasIt) {
    const NvmeSanitizeLog log = log_of(0x0001);
    EXPECT_EQ(log.progress, 0x8001);
    EXPECT_EQ(log.command_dword10, 0x04030201U);
    EXPECT_EQ(log.overwrite_s, 16U);
    EXPECT_EQ(log.block_erase_s, 12U);
    EXPECT_EQ(log.crypto_erase_s, 4U);
    EXPECT_EQ(log.completed_passes, 0);
    EXPECT_FALSE(log.global_data_erased);
    EXPECT_TRUE(log_of(0x0100).global_data_erased);
    EXPECT_FALSE(log_of(0xFEFF).global_data_erased);
    EXPECT_EQ(log_of(0x00F8).completed_passes, 31);
    EXPECT_EQ(log_of(0xFF07).completed_passes, 0);
    EXPECT_EQ(log_of(0x0008).completed_passes, 1);
}

TEST(NvmeSanitizeStatus, ATimeOfAllOnesIsNotTold) {
    for (const std::size_t at : {8U, 12U, 16U}) {
        Bytes page = sanitize_page(1);
        put_little(page, at, 4, 0xFFFFFFFF);
        const auto log = decode_sanitize_log(page);
        ASSERT_TRUE(log.has_value());
        EXPECT_EQ(log->overwrite_s.has_value(), at != 8);
        EXPECT_EQ(log->block_erase_s.has_value(), at != 12);
        EXPECT_EQ(log->crypto_erase_s.has_value(), at != 16);
    }
}

TEST(NvmeSanitizeStatus, TheFirst40BytesAreEnoughAndFewerAreNot) {
    Bytes page = sanitize_page(1);
    page.resize(kSanitizeLogKept);
    EXPECT_EQ(decode_sanitize_log(page), decode_sanitize_log(sanitize_page(1)));
    page.pop_back();
    EXPECT_EQ(decode_sanitize_log(page), std::nullopt);
    EXPECT_EQ(decode_sanitize_log({}), std::nullopt);
}

TEST(NvmeHealthLog, ReadsEachFieldWhereTheStandardHasIt) {
    Bytes page(512);
    put_little(page, 0, 1, 0x1F);
    put_little(page, 1, 2, 310);
    put_little(page, 3, 1, 99);
    put_little(page, 5, 1, 255);
    put_little(page, 128, 8, 1001);
    put_little(page, 144, 8, 1002);
    put_little(page, 160, 8, 1003);
    EXPECT_EQ(decode_health_log(page), (NvmeHealth{.critical_warning = 0x1F,
                                                   .temperature_k = 310,
                                                   .available_spare = 99,
                                                   .percentage_used = 255,
                                                   .media_errors = 1003,
                                                   .power_on_hours = 1001,
                                                   .unsafe_shutdowns = 1002}));
}

TEST(NvmeHealthLog, CountsBeyondOursAreTheMostWeCanCount) {
    const auto health = decode_health_log(Bytes(512, std::byte{0xFF}));
    ASSERT_TRUE(health.has_value());
    EXPECT_EQ(health->media_errors, kMost);
    EXPECT_EQ(health->power_on_hours, kMost);
    EXPECT_EQ(health->unsafe_shutdowns, kMost);
}

TEST(NvmeHealthLog, AShortPageTellsNothing) {
    EXPECT_TRUE(decode_health_log(Bytes(176)).has_value());
    EXPECT_EQ(decode_health_log(Bytes(175)), std::nullopt);
    EXPECT_EQ(decode_health_log({}), std::nullopt);
}

NvmeFacts every_fact() {
    NvmeFacts facts;
    facts.serial = {"\x1b[2J\xff\xfe\0\" <b>"s};
    facts.model = {std::string(40, 'M')};
    facts.firmware = {"\x80"};
    facts.own_namespace = 0xFFFFFFFE;
    facts.controller = 0xFFFF;
    facts.version = 0x00020001;
    facts.several_controllers = true;
    facts.controllers = {0, 1, 0xFFFF};
    facts.sanitize = {.crypto = true, .overwrite = true, .no_deallocate_inhibited = true};
    facts.format = true;
    facts.format_attributes = 0xFF;
    facts.manages_namespaces = true;
    facts.unallocated = kMost;
    facts.boot_partitions = true;
    facts.replay_protected = 7;
    facts.write_cache = true;
    facts.namespaces = {{.id = 1,
                         .attached = true,
                         .blocks = kMost,
                         .capacity = kMost - 1,
                         .used = kMost - 2,
                         .block_size = 1U << 31U,
                         .metadata_size = 0xFFFF,
                         .shared = true,
                         .write_protected = true},
                        {.id = 0xFFFFFFFF}};
    facts.allocated_told = true;
    facts.sanitize_log = {.state = State::failed,
                          .progress = 17,
                          .global_data_erased = true,
                          .completed_passes = 31,
                          .command_dword10 = 0xFFFFFFFF,
                          .overwrite_s = 0,
                          .block_erase_s = std::nullopt,
                          .crypto_erase_s = 0xFFFFFFFE};
    facts.health = {.critical_warning = 255,
                    .temperature_k = 0xFFFF,
                    .available_spare = 255,
                    .percentage_used = 255,
                    .media_errors = kMost,
                    .power_on_hours = kMost,
                    .unsafe_shutdowns = kMost};
    return facts;
}

Result<NvmeFacts> through_text(const NvmeFacts& facts) {
    return nvme_facts_from_json(QUIETUS_TRY(parse_json(canonical_json(to_json(facts)))));
}

TEST(NvmeFactsJson, BringsEverythingBackThroughText) {
    for (const NvmeFacts& facts : {NvmeFacts{}, every_fact()}) {
        const auto back = through_text(facts);
        ASSERT_TRUE(back.has_value()) << back.error().message;
        EXPECT_EQ(*back, facts);
    }
}

TEST(NvmeFactsJson, BringsEveryStateBack) {
    for (unsigned value = 0; value < 6; ++value) {
        NvmeFacts facts;
        facts.sanitize_log = log_of(value);
        const auto back = through_text(facts);
        ASSERT_TRUE(back.has_value()) << back.error().message;
        EXPECT_EQ(*back, facts);
    }
}

TEST(NvmeFactsJson, WithoutAnyMemberItIsNoFacts) {
    const Json whole = to_json(every_fact());
    for (const auto& [key, value] : whole.items()) {
        Json less = whole;
        less.erase(key);
        const auto facts = nvme_facts_from_json(less);
        ASSERT_FALSE(facts.has_value()) << key;
        EXPECT_EQ(facts.error().code, ErrorCode::bad_evidence) << key;
    }
}

TEST(NvmeFactsJson, ANumberThatDoesNotFitIsNotCutOff) {
    const Json whole = to_json(every_fact());
    for (const char* key :
         {"own_namespace", "controller", "version", "format_attributes", "replay_protected"}) {
        Json large = whole;
        large[key] = std::uint64_t{1} << 32U;
        EXPECT_FALSE(nvme_facts_from_json(large).has_value()) << key;
    }
    Json large = whole;
    large["controllers"][1] = 0x10000;
    EXPECT_FALSE(nvme_facts_from_json(large).has_value());
}

}  // namespace
}  // namespace quietus
