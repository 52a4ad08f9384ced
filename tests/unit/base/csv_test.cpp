#include "base/csv.h"

#include <gtest/gtest.h>

namespace quietus {
namespace {

std::vector<std::vector<std::string>> fields_of(std::string_view text) {
    const auto records = parse_csv(text);
    EXPECT_TRUE(records.has_value()) << records.error().message;
    std::vector<std::vector<std::string>> fields;
    for (const CsvRecord& record : records.value_or(std::vector<CsvRecord>{}))
        fields.push_back(record.fields);
    return fields;
}

using Table = std::vector<std::vector<std::string>>;

TEST(Csv, ReadsPlainAndQuotedFields) {
    EXPECT_EQ(fields_of("a,b\r\n\"1,5\",\"say \"\"x\"\"\"\r\n"),
              (Table{{"a", "b"}, {"1,5", "say \"x\""}}));
}

TEST(Csv, TakesEitherLineEndAndNoneAtTheEnd) {
    EXPECT_EQ(fields_of("a\nb\r\nc"), (Table{{"a"}, {"b"}, {"c"}}));
}

TEST(Csv, DropsAByteOrderMarkAndPassesOverEmptyLines) {
    EXPECT_EQ(fields_of("\xEF\xBB\xBF"
                        "a,b\n\n,\n\n"),
              (Table{{"a", "b"}, {"", ""}}));
}

TEST(Csv, SaysOnWhichLineARecordBegins) {
    const auto records = parse_csv("a\n\n\nb\n");
    ASSERT_TRUE(records.has_value());
    EXPECT_EQ(records->at(1).line, 4U);
}

TEST(Csv, RefusesWhatIsNotClearlyATableWithItsLine) {
    struct Case {
        std::string_view text, line;
    };
    for (const Case& bad :
         {Case{"a,b\n1\n", "line 2: 1 fields"}, Case{"a\nx\"y\n", "line 2: a quote inside"},
          Case{"a\n\"x\"y\n", "line 2: text after"},
          Case{"a\n\"x\n", "line 2: a quote that is never"},
          Case{"a\rb\n", "line 1: a carriage return"}, Case{"a\n\x01\n", "line 2: a field is not"},
          Case{"a\n\xff\n", "line 2: a field is not"},
          Case{"a\n\"x\ny\"\n", "line 2: a field is not"}}) {
        const auto records = parse_csv(bad.text);
        ASSERT_FALSE(records.has_value()) << bad.line;
        EXPECT_EQ(records.error().code, ErrorCode::bad_evidence);
        EXPECT_TRUE(records.error().message.starts_with(bad.line)) << records.error().message;
    }
}

TEST(Csv, ReadsBackWhatItWrites) {
    const std::vector<std::string> fields{"", "a,b", "\"", "plain"};
    EXPECT_EQ(fields_of(csv_line(fields)), (Table{fields}));
}

}  // namespace
}  // namespace quietus
