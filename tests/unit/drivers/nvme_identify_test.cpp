// Answers of drives, built by hand: byte offsets are those of NVM Express Base Specification 2.0,
// not of the code under test.

#include <functional>
#include <limits>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/endian.h"
#include "drivers/nvme/identify.h"

namespace quietus::drivers::nvme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::string_literals;

constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

Bytes page_with(std::size_t at, std::size_t size, std::uint64_t value) {
    Bytes page(kPage);
    put_little(page, at, size, value);
    return page;
}

void put_text(Bytes& page, std::size_t at, std::string_view text) {
    const auto bytes = bytes_of(text);
    std::copy(bytes.begin(), bytes.end(), page.begin() + static_cast<std::ptrdiff_t>(at));
}

NvmeFacts controller_of(const Bytes& page) {
    NvmeFacts facts;
    EXPECT_TRUE(decode_controller(page, facts));
    return facts;
}

// What a controller says that has this one field, and nothing else.
NvmeFacts controller_with(std::size_t at, std::size_t size, std::uint64_t value) {
    return controller_of(page_with(at, size, value));
}

NvmeFacts facts_that(const std::function<void(NvmeFacts&)>& change) {
    NvmeFacts facts = controller_of(Bytes(kPage));
    change(facts);
    return facts;
}

TEST(NvmeIdentify, ReadsEachFieldOfAControllerWhereTheStandardHasIt) {
    using Facts = NvmeFacts&;
    EXPECT_EQ(controller_with(76, 1, 0x02),
              facts_that([](Facts f) { f.several_controllers = true; }));
    EXPECT_EQ(controller_with(78, 2, 0x1234), facts_that([](Facts f) { f.controller = 0x1234; }));
    EXPECT_EQ(controller_with(80, 4, 0x00020001),
              facts_that([](Facts f) { f.version = 0x00020001; }));
    EXPECT_EQ(controller_with(102, 1, 1), facts_that([](Facts f) { f.boot_partitions = true; }));
    EXPECT_EQ(controller_with(256, 2, 1U << 1U), facts_that([](Facts f) { f.format = true; }));
    EXPECT_EQ(controller_with(256, 2, 1U << 3U),
              facts_that([](Facts f) { f.manages_namespaces = true; }));
    EXPECT_EQ(controller_with(296, 8, 77), facts_that([](Facts f) { f.unallocated = 77; }));
    EXPECT_EQ(controller_with(312, 4, 0x0101'0007),
              facts_that([](Facts f) { f.replay_protected = 7; }));
    EXPECT_EQ(controller_with(524, 1, 0x05),
              facts_that([](Facts f) { f.format_attributes = 0x05; }));
    EXPECT_EQ(controller_with(525, 1, 1), facts_that([](Facts f) { f.write_cache = true; }));
}

TEST(NvmeIdentify, TellsTheSanitizeOperationsApart) {
    const auto offers = [](std::uint32_t sanicap) {
        return controller_with(328, 4, sanicap).sanitize;
    };
    EXPECT_EQ(offers(1U << 0U), (NvmeSanitizeSupport{.crypto = true}));
    EXPECT_EQ(offers(1U << 1U), (NvmeSanitizeSupport{.block = true}));
    EXPECT_EQ(offers(1U << 2U), (NvmeSanitizeSupport{.overwrite = true}));
    EXPECT_EQ(offers(1U << 3U), (NvmeSanitizeSupport{.verification = true}));
    EXPECT_EQ(offers(1U << 29U), (NvmeSanitizeSupport{.no_deallocate_inhibited = true}));
    EXPECT_EQ(offers(~0x2000'000FU), NvmeSanitizeSupport{}) << "no other bit is an operation";
}

TEST(NvmeIdentify, BitsBesideTheOnesThatCountSayNothing) {
    EXPECT_EQ(controller_with(76, 1, 0xFD), facts_that([](NvmeFacts&) {}));
    EXPECT_EQ(controller_with(256, 2, 0xFFF5), facts_that([](NvmeFacts&) {}));
    EXPECT_EQ(controller_with(525, 1, 0xFE), facts_that([](NvmeFacts&) {}));
}

TEST(NvmeIdentify, MoreUnallocatedBytesThanWeCanCountAreTheMostWeCan) {
    EXPECT_EQ(controller_with(296 + 8, 1, 1).unallocated, kMost);
    EXPECT_EQ(controller_with(296 + 15, 1, 0x80).unallocated, kMost);
    EXPECT_EQ(controller_with(296, 8, kMost).unallocated, kMost);
}

TEST(NvmeIdentify, KeepsStringsAsTheyAreAndNoFurther) {
    Bytes page(kPage);
    const std::string serial = "\x1b[2J\xff\xfe<b>&\"0123456789"s;
    put_text(page, 4, serial.substr(0, 20));
    put_text(page, 24, std::string(40, 'M'));
    put_text(page, 64, std::string("1.0\0\0\n \xC3", 8));
    const NvmeFacts facts = controller_of(page);
    EXPECT_EQ(facts.serial.raw, serial.substr(0, 20));
    EXPECT_EQ(facts.model.raw, std::string(40, 'M'));
    EXPECT_EQ(facts.firmware.raw, std::string("1.0\0\0\n \xC3", 8));
    for (const DeviceString* text : {&facts.serial, &facts.firmware}) {
        for (const char letter : text->printable()) EXPECT_TRUE(letter >= ' ' && letter <= '~');
        EXPECT_TRUE(text->differs_from_printable());
    }
}

TEST(NvmeIdentify, AShortAnswerIsNoController) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kPage - 1}) {
        NvmeFacts facts;
        EXPECT_FALSE(decode_controller(Bytes(size, std::byte{0xFF}), facts)) << size;
        EXPECT_EQ(facts, NvmeFacts{}) << size;
    }
}

// Format `index` of LBA Format data, which begins at byte 128.
Bytes namespace_page(unsigned flbas, unsigned index, unsigned shift, unsigned metadata = 0) {
    Bytes page(kPage);
    put_little(page, 26, 1, flbas);
    put_little(page, 128 + std::size_t{index} * 4, 2, metadata);
    put_little(page, 128 + std::size_t{index} * 4 + 2, 1, shift);
    return page;
}

TEST(NvmeIdentify, ReadsEachFieldOfANamespaceWhereTheStandardHasIt) {
    Bytes page = namespace_page(0, 0, 12, 8);
    put_little(page, 0, 8, 1000);
    put_little(page, 8, 8, 900);
    put_little(page, 16, 8, 800);
    put_little(page, 30, 1, 1);
    put_little(page, 99, 1, 1);
    EXPECT_EQ(decode_namespace(page, 7, true), (NvmeNamespace{.id = 7,
                                                              .attached = true,
                                                              .blocks = 1000,
                                                              .capacity = 900,
                                                              .used = 800,
                                                              .block_size = 4096,
                                                              .metadata_size = 8,
                                                              .shared = true,
                                                              .write_protected = true}));
    put_little(page, 30, 1, 0xFE);
    put_little(page, 99, 1, 0xFE);
    const NvmeNamespace other = decode_namespace(page, 7, false);
    EXPECT_FALSE(other.attached || other.shared || other.write_protected);
}

TEST(NvmeIdentify, TheFormatInUseIsGivenByBits3To0And6To5) {
    for (unsigned index = 0; index < 64; ++index) {
        const unsigned flbas = (index & 0xFU) | (index >> 4U) << 5U;
        // Bit 4 says where metadata travels, bit 7 is reserved: neither is part of the index.
        for (const unsigned beside : {0x00U, 0x10U, 0x80U, 0x90U}) {
            const auto one = decode_namespace(namespace_page(flbas | beside, index, 12), 1, true);
            EXPECT_EQ(one.block_size, 4096U) << index << " with " << beside;
        }
    }
}

TEST(NvmeIdentify, ABlockSizeThatCannotBeIsNotTold) {
    const auto block_size = [](unsigned shift) {
        return decode_namespace(namespace_page(0, 0, shift), 1, true).block_size;
    };
    EXPECT_EQ(block_size(9), 512U);
    EXPECT_EQ(block_size(31), 1U << 31U);
    for (const unsigned shift : {0U, 1U, 8U, 32U, 63U, 64U, 255U})
        EXPECT_EQ(block_size(shift), 0U) << shift;
}

TEST(NvmeIdentify, AShortAnswerTellsNothingOfANamespace) {
    const Bytes page(kPage - 1, std::byte{0xFF});
    EXPECT_EQ(decode_namespace(page, 9, true), (NvmeNamespace{.id = 9, .attached = true}));
    EXPECT_EQ(decode_namespace({}, 9, false), (NvmeNamespace{.id = 9}));
}

Bytes list_of(const std::vector<std::uint32_t>& ids) {
    Bytes list(ids.size() * 4);
    for (std::size_t i = 0; i < ids.size(); ++i) put_little(list, i * 4, 4, ids[i]);
    return list;
}

TEST(NvmeIdentify, AListEndsAtItsFirstZero) {
    EXPECT_THAT(decode_namespace_list(list_of({1, 0x80000002, 0, 4})), ElementsAre(1, 0x80000002));
    EXPECT_THAT(decode_namespace_list(Bytes(kPage)), IsEmpty());
    EXPECT_THAT(decode_namespace_list({}), IsEmpty());
}

TEST(NvmeIdentify, AListIsNoLongerThanItsBytesOrAThousandAnd24) {
    Bytes cut = list_of({1, 2});
    cut.pop_back();
    EXPECT_THAT(decode_namespace_list(cut), ElementsAre(1));
    EXPECT_THAT(decode_namespace_list(list_of(std::vector<std::uint32_t>(1024, 5))), SizeIs(1024));
    EXPECT_THAT(decode_namespace_list(list_of(std::vector<std::uint32_t>(2048, 5))), SizeIs(1024));
}

// A drive that answers what is written here, and refuses everything else as an invalid field.
class WrittenDrive final : public ReadHandle {
  public:
    std::map<Bytes, Bytes> answers;  // By submission queue entry.

    void answers_to(const NvmeQuery& query, Bytes answer) {
        answers[{query.entry().begin(), query.entry().end()}] = std::move(answer);
    }
    Result<HandleFacts> facts() override { return HandleFacts{}; }
    Result<void> read_direct(std::uint64_t /*offset*/, std::span<std::byte> /*out*/) override {
        return {};
    }
    Result<NvmeCompletion> nvme_query(const NvmeQuery& query, std::span<std::byte> out) override {
        const auto at = answers.find({query.entry().begin(), query.entry().end()});
        if (at == answers.end()) return NvmeCompletion{.status = 0x4002, .result = 0};
        EXPECT_EQ(out.size(), query.answer_size());
        std::copy(at->second.begin(), at->second.end(), out.begin());
        return NvmeCompletion{};
    }
};

TEST(NvmeIdentify, ADriveThatRefusesIdentifyIsNoDriveWeKnow) {
    WrittenDrive drive;
    const auto facts = read_facts(drive, 1);
    ASSERT_FALSE(facts.has_value());
    EXPECT_EQ(facts.error().code, ErrorCode::unsupported);
}

TEST(NvmeIdentify, ADriveThatTellsNothingElseIsKnownAsFarAsThat) {
    WrittenDrive drive;
    drive.answers_to(NvmeQuery::identify_controller(), Bytes(kPage));
    const auto facts = read_facts(drive, 3);
    ASSERT_TRUE(facts.has_value());
    EXPECT_EQ(*facts, facts_that([](NvmeFacts& f) { f.own_namespace = 3; }));
}

TEST(NvmeIdentify, NamespacesThatAreAttachedAreNotNamedTwice) {
    WrittenDrive drive;
    drive.answers_to(NvmeQuery::identify_controller(), Bytes(kPage));
    drive.answers_to(NvmeQuery::attached_namespaces(0), list_of({1, 2}));
    drive.answers_to(NvmeQuery::allocated_namespaces(0), list_of({1, 2, 3}));
    drive.answers_to(NvmeQuery::identify_namespace(1), namespace_page(0, 0, 9));
    drive.answers_to(NvmeQuery::identify_allocated_namespace(3), namespace_page(0, 0, 12));
    const auto facts = read_facts(drive, 1);
    ASSERT_TRUE(facts.has_value());
    EXPECT_TRUE(facts->allocated_told);
    EXPECT_THAT(facts->namespaces,
                ElementsAre(NvmeNamespace{.id = 1, .attached = true, .block_size = 512},
                            NvmeNamespace{.id = 2, .attached = true},  // refused, and not forgotten
                            NvmeNamespace{.id = 3, .block_size = 4096}));
}

TEST(NvmeIdentify, ACountOfControllersIsNotBelievedBeyondTheList) {
    WrittenDrive drive;
    drive.answers_to(NvmeQuery::identify_controller(), Bytes(kPage));
    Bytes list = page_with(0, 2, 0xFFFF);
    put_little(list, 2, 2, 0x0102);
    put_little(list, kPage - 2, 2, 0x0304);
    drive.answers_to(NvmeQuery::controllers_of_subsystem(), list);
    const auto facts = read_facts(drive, 1);
    ASSERT_TRUE(facts.has_value());
    ASSERT_THAT(facts->controllers, SizeIs(2047));
    EXPECT_EQ(facts->controllers.front(), 0x0102);
    EXPECT_EQ(facts->controllers.back(), 0x0304);
}

TEST(NvmeIdentify, AnotherDriveBehindTheDescriptorIsTold) {
    WrittenDrive drive;
    Bytes page(kPage);
    put_text(page, 4, "SERIAL-A");
    put_text(page, 24, "MODEL-A");
    drive.answers_to(NvmeQuery::identify_controller(), page);
    NvmeFacts facts = controller_of(page);
    EXPECT_TRUE(confirm_controller(drive, facts).has_value());
    facts.serial.raw.back() = 'x';
    EXPECT_FALSE(confirm_controller(drive, facts).has_value());
    facts = controller_of(page);
    facts.model.raw.back() = 'x';
    EXPECT_FALSE(confirm_controller(drive, facts).has_value());
    drive.answers.clear();
    EXPECT_FALSE(confirm_controller(drive, controller_of(page)).has_value());
}

}  // namespace
}  // namespace quietus::drivers::nvme
