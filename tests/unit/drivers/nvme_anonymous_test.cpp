#include <algorithm>
#include <cerrno>

#include <gtest/gtest.h>

#include "base/endian.h"
#include "drivers/nvme/anonymous.h"
#include "drivers/nvme/identify.h"

namespace quietus::drivers::nvme {
namespace {

constexpr std::size_t kPage = 4096;

NvmeAnswer answer_to(const NvmeQuery& query, Bytes data) {
    return {.query = "asked",
            .entry = {query.entry().begin(), query.entry().end()},
            .status = 0,
            .sys_errno = 0,
            .data = std::move(data)};
}

Bytes replaced(const NvmeQuery& query, Bytes data, const std::string& serial = {}) {
    std::vector<NvmeAnswer> answers{answer_to(query, std::move(data))};
    replace_serials(answers, serial);
    return answers.front().data;
}

void put_text(Bytes& page, std::size_t at, std::string_view text) {
    const auto bytes = bytes_of(text);
    std::copy(bytes.begin(), bytes.end(), page.begin() + static_cast<std::ptrdiff_t>(at));
}

std::string text_in(const Bytes& page, std::size_t at, std::size_t size) {
    return text_of(std::span{page}.subspan(at, size));
}

TEST(NvmeAnonymous, ThePlaceholderIsAsLongAndKeepsBlanks) {
    EXPECT_EQ(placeholder_of("S3 EV\x1b\xff "), "XX XXXX ");
    EXPECT_EQ(placeholder_of(""), "");
}

TEST(NvmeAnonymous, OfAControllerOnlyWhatNamesTheDriveChanges) {
    // Every byte tells something, so that each one that is changed shows.
    Bytes page(kPage, std::byte{0xA5});
    put_text(page, 4, "S3EVNX0J            ");
    const Bytes after = replaced(NvmeQuery::identify_controller(), page);
    EXPECT_EQ(text_in(after, 4, 20), "XXXXXXXX            ");
    EXPECT_EQ(text_in(after, 112, 16), std::string(16, 'X'));    // FGUID
    EXPECT_EQ(text_in(after, 768, 256), std::string(256, 'X'));  // SUBNQN
    ASSERT_EQ(after.size(), 3072U) << "without the vendor-specific bytes";
    for (std::size_t at = 0; at < after.size(); ++at) {
        const bool named =
            (at >= 4 && at < 24) || (at >= 112 && at < 128) || (at >= 768 && at < 1024);
        if (!named) {
            EXPECT_EQ(after[at], page[at]) << at;
        }
    }
    NvmeFacts told;
    NvmeFacts kept;
    Bytes whole = after;
    whole.resize(kPage);
    ASSERT_TRUE(decode_controller(page, told) && decode_controller(whole, kept));
    told.serial = kept.serial;
    EXPECT_EQ(kept, told);
}

TEST(NvmeAnonymous, OfANamespaceOnlyItsNumbersChange) {
    const Bytes page(kPage, std::byte{0xA5});
    for (const NvmeQuery& query :
         {NvmeQuery::identify_namespace(1), NvmeQuery::identify_allocated_namespace(1)}) {
        const Bytes after = replaced(query, page);
        ASSERT_EQ(after.size(), 384U) << "without the vendor-specific bytes";
        for (std::size_t at = 0; at < after.size(); ++at)
            EXPECT_EQ(after[at], at >= 104 && at < 128 ? std::byte{'X'} : page[at]) << at;
    }
}

TEST(NvmeAnonymous, ANumberThatTheDriveDoesNotHaveIsNotMadeUp) {
    Bytes page(kPage);
    page[120] = std::byte{1};  // EUI64; NGUID is all zeros
    const Bytes after = replaced(NvmeQuery::identify_namespace(1), page);
    EXPECT_EQ(text_in(after, 104, 16), std::string(16, '\0'));
    EXPECT_EQ(text_in(after, 120, 8), std::string(8, 'X'));
}

TEST(NvmeAnonymous, TheSerialNumberIsReplacedWhereverItStands) {
    Bytes page(512);
    put_text(page, 100, "<S3EVNX0J><S3EVNX0J>");
    put_text(page, 504, "S3EVNX0J");
    const Bytes after = replaced(NvmeQuery::health_log(), page, "S3EVNX0J  \n");
    EXPECT_EQ(text_in(after, 100, 20), "<XXXXXXXX><XXXXXXXX>");
    EXPECT_EQ(text_in(after, 504, 8), "XXXXXXXX");
}

TEST(NvmeAnonymous, ASerialNumberOfAFewLettersIsLeftToItsField) {
    Bytes page(512, std::byte{'0'});
    EXPECT_EQ(replaced(NvmeQuery::health_log(), page, "000"), page);
    EXPECT_EQ(replaced(NvmeQuery::health_log(), page, ""), page);
}

TEST(NvmeAnonymous, AListAndALogStayAsTheyAre) {
    const Bytes page(kPage, std::byte{0xA5});
    for (const NvmeQuery& query :
         {NvmeQuery::attached_namespaces(0), NvmeQuery::allocated_namespaces(0),
          NvmeQuery::controllers_of_subsystem(), NvmeQuery::sanitize_log()})
        EXPECT_EQ(replaced(query, page, "S3EVNX0J"), page);
}

TEST(NvmeAnonymous, AnAnswerThatEndsEarlyIsReplacedAsFarAsItGoes) {
    for (std::size_t size = 0; size < 30; ++size) {
        const Bytes after = replaced(NvmeQuery::identify_controller(), Bytes(size, std::byte{'s'}));
        ASSERT_EQ(after.size(), size);
        for (std::size_t at = 4; at < std::min<std::size_t>(size, 24); ++at)
            EXPECT_EQ(after[at], std::byte{'X'});
    }
    EXPECT_EQ(replaced(NvmeQuery::identify_namespace(1), Bytes(110, std::byte{1}))[109],
              std::byte{'X'});
}

TEST(NvmeAnswers, JsonThatIsNoAnswerIsRefused) {
    const std::vector<NvmeAnswer> answers{answer_to(NvmeQuery::health_log(), Bytes(512))};
    const Json whole = to_json(answers);
    ASSERT_EQ(nvme_answers_from_json(whole).value(), answers);
    for (const char* key : {"query", "entry", "status", "data"}) {
        Json less = whole;
        less[0].erase(key);
        EXPECT_FALSE(nvme_answers_from_json(less).has_value()) << key;
    }
    Json cut = whole;
    cut[0]["entry"] = to_hex(Bytes(63));
    EXPECT_FALSE(nvme_answers_from_json(cut).has_value());
    Json large = whole;
    large[0]["status"] = std::uint64_t{1} << 32U;
    EXPECT_FALSE(nvme_answers_from_json(large).has_value());
    large = whole;
    large[0]["data"] = to_hex(Bytes(kPage + 1));
    EXPECT_FALSE(nvme_answers_from_json(large).has_value());
    EXPECT_FALSE(nvme_answers_from_json(Json::object()).has_value());
}

TEST(NvmeAnswers, ADriveThatDidNotAnswerDoesNotAnswerAgain) {
    NvmeAnswer none = answer_to(NvmeQuery::health_log(), {});
    none.status.reset();
    none.sys_errno = ENODEV;
    const auto back = nvme_answers_from_json(to_json(std::vector{none}));
    ASSERT_TRUE(back.has_value()) << back.error().message;
    Bytes out(512);
    const auto answer = replay(*back, NvmeQuery::health_log(), out);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().sys_errno, ENODEV);
}

TEST(NvmeAnswers, WhatIsPlayedBackFillsTheWholeAnswer) {
    const std::vector<NvmeAnswer> answers{answer_to(NvmeQuery::health_log(), {std::byte{7}})};
    Bytes out(512, std::byte{0xFF});
    ASSERT_TRUE(replay(answers, NvmeQuery::health_log(), out).has_value());
    Bytes expected(512);
    expected[0] = std::byte{7};
    EXPECT_EQ(out, expected);
    // More than was asked for is no answer to this question.
    EXPECT_FALSE(replay(answers, NvmeQuery::health_log(), std::span<std::byte>{}).has_value());
}

}  // namespace
}  // namespace quietus::drivers::nvme
