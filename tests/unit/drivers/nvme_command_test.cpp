// What goes to an NVMe drive, byte for byte: reviewed in tests/golden/nvme/submission-entries.txt.

#include <array>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/file.h"
#include "drivers/nvme/sanitize.h"
#include "support/golden.h"

namespace quietus::drivers::nvme {
namespace {

struct Named {
    std::string name;
    NvmeEntry entry{};
};

// Four bytes that differ, so that an id in the wrong order or place is seen.
constexpr std::uint32_t kId = 0x04030201;

std::vector<Named> every_query() {
    return {{"identify_controller", NvmeQuery::identify_controller().entry()},
            {"identify_namespace", NvmeQuery::identify_namespace(kId).entry()},
            {"identify_allocated_namespace", NvmeQuery::identify_allocated_namespace(kId).entry()},
            {"attached_namespaces", NvmeQuery::attached_namespaces(kId).entry()},
            {"allocated_namespaces", NvmeQuery::allocated_namespaces(kId).entry()},
            {"controllers_of_subsystem", NvmeQuery::controllers_of_subsystem().entry()},
            {"health_log", NvmeQuery::health_log().entry()},
            {"sanitize_log", NvmeQuery::sanitize_log().entry()}};
}

constexpr std::array kCommands{
    std::pair{"sanitize_crypto", DeviceCommand::nvme_sanitize_crypto},
    std::pair{"sanitize_block", DeviceCommand::nvme_sanitize_block},
    std::pair{"sanitize_overwrite", DeviceCommand::nvme_sanitize_overwrite}};

std::vector<Named> every_command() {
    std::vector<Named> all;
    for (const auto& [name, command] : kCommands) {
        for (const bool inhibited : {false, true}) {
            const NvmeSanitizeSupport support{.no_deallocate_inhibited = inhibited};
            all.push_back({std::string{name} + (inhibited ? "_ndi" : ""),
                           sanitize_command(command, support).entry});
        }
    }
    return all;
}

// The bytes in order, a blank after each dword.
std::string line_of(const Named& one) {
    std::string line = one.name;
    for (std::size_t at = 0; at < one.entry.size(); at += 4)
        line += " " + to_hex(std::span{one.entry}.subspan(at, 4));
    return line + "\n";
}

std::set<std::string> names_of(const std::vector<Named>& all) {
    std::set<std::string> names;
    for (const Named& one : all) names.insert(one.name);
    return names;
}

// As the header declares them: a question nobody listed here shows.
std::set<std::string> declared_queries() {
    const auto header = read_whole_file(
        std::string{QUIETUS_SOURCE_DIR} + "/src/host/nvme_command.h", std::size_t{1} << 20U);
    std::set<std::string> names;
    if (!header) return names;
    const std::regex factory{R"(static\s+NvmeQuery\s+(\w+)\s*\()"};
    for (std::sregex_iterator at{header->begin(), header->end(), factory}, end; at != end; ++at)
        names.insert((*at)[1]);
    return names;
}

std::uint32_t dword10_of(const NvmeEntry& entry) {
    return std::to_integer<std::uint32_t>(entry[40]) |
           std::to_integer<std::uint32_t>(entry[41]) << 8U |
           std::to_integer<std::uint32_t>(entry[42]) << 16U |
           std::to_integer<std::uint32_t>(entry[43]) << 24U;
}

TEST(NvmeCommands, AreTheReviewedBytes) {
    std::string text;
    for (const Named& one : every_query()) text += line_of(one);
    for (const Named& one : every_command()) text += line_of(one);
    test::expect_golden("nvme/submission-entries.txt", text);
}

TEST(NvmeCommands, NoQuestionIsMissingFromTheReviewedBytes) {
    EXPECT_EQ(names_of(every_query()), declared_queries());
}

TEST(NvmeCommands, AQuestionIsIdentifyOrGetLogPageWithTheEventRetained) {
    constexpr std::byte kGetLogPage{0x02}, kIdentify{0x06};
    constexpr std::uint32_t kRetain = 1U << 15U;
    for (const Named& one : every_query()) {
        const std::byte opcode = one.entry[0];
        EXPECT_TRUE(opcode == kIdentify || opcode == kGetLogPage) << one.name;
        if (opcode == kGetLogPage) {
            EXPECT_NE(dword10_of(one.entry) & kRetain, 0U) << one.name;
        }
    }
}

TEST(NvmeCommands, TheAnswerIsAsLongAsTheQuestionAsksFor) {
    // NUMDL counts dwords from 0 (Get Log Page); an Identify structure always has 4096 bytes.
    for (const NvmeQuery& log : {NvmeQuery::health_log(), NvmeQuery::sanitize_log()})
        EXPECT_EQ(((dword10_of(log.entry()) >> 16U) + 1) * 4, log.answer_size());
    for (const NvmeQuery& page :
         {NvmeQuery::identify_controller(), NvmeQuery::identify_namespace(1),
          NvmeQuery::identify_allocated_namespace(1), NvmeQuery::attached_namespaces(0),
          NvmeQuery::allocated_namespaces(0), NvmeQuery::controllers_of_subsystem()})
        EXPECT_EQ(page.answer_size(), 4096U);
}

TEST(NvmeCommands, SanitizeNeverAllowsAnUnrestrictedExitAndReachesTheSubsystem) {
    constexpr std::uint32_t kUnrestricted = 1U << 3U;
    for (const auto& [name, command] : kCommands) {
        for (const bool inhibited : {false, true}) {
            const NvmeCommand sent =
                sanitize_command(command, {.no_deallocate_inhibited = inhibited});
            EXPECT_EQ(dword10_of(sent.entry) & kUnrestricted, 0U) << name;
            EXPECT_EQ(dword10_of(sent.entry) & 7U, action_of(command)) << name;
            EXPECT_EQ(sent.blast, Blast::subsystem) << name;
        }
    }
}

}  // namespace
}  // namespace quietus::drivers::nvme
