// inspect --record: asked of the NVMe model, stored, and played back as if the drive were there.

#include "app/record_answers.h"

#include <fstream>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "app_fixture.h"
#include "base/file.h"
#include "drivers/nvme/anonymous.h"
#include "drivers/nvme/identify.h"

namespace quietus::app {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kNode = "/dev/nvme0n1";
constexpr const char* kSerial = "S3CR3T-0815";

std::string text_at(const std::string& path) {
    return read_whole_file(path, std::size_t{16} << 20U).value_or("");
}

unsigned mode_of(const std::string& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777U : 0U;
}

class RecordAnswers : public EraseTest {
  protected:
    RecordAnswers() {
        test::MemoryDriveOptions options;
        options.name = "nvme0n1";
        options.number = {259, 0};
        test::NvmeSide side{.hidden_namespaces = 1, .shown_namespaces = 1, .controllers = 2};
        side.personality.serial = kSerial;
        options.serial = kSerial;
        options.nvme = side;
        add(std::move(options));
    }

    Inspected inspected() {
        auto seen = std::move(inspect_with_answers(host, {kNode}).front());
        EXPECT_TRUE(seen.has_value()) << seen.error().message;
        return seen ? std::move(*seen) : Inspected{};
    }
    /// A machine that is nothing but the recorded drive, through the text of a machine file.
    static test::ReplayHost played_back(const std::string& file) {
        test::Machine machine;
        machine.files["/sys/class/block/nvme0n1/dev"] = "259:0\n";
        machine.nvme[kNode] =
            nvme_answers_from_json(parse_json(text_at(file)).value().at("answers")).value();
        const auto json = parse_json(test::machine_to_text(machine));
        return test::ReplayHost{test::machine_from_json(json.value()).value()};
    }

    const std::string folder = scratch.path() + "/deep/er";
    const std::string file = folder + "/nvme0n1.json";
};

TEST_F(RecordAnswers, APlayedBackDriveTellsWhatTheDriveToldButItsSerialNumber) {
    const Inspected seen = inspected();
    ASSERT_TRUE(seen.snapshot.nvme.has_value());
    EXPECT_EQ(record_answers(folder, seen).value(), file);

    test::ReplayHost replay = played_back(file);
    const auto handle = replay.open_query(kNode);
    ASSERT_TRUE(handle.has_value());
    const auto facts = drivers::nvme::read_facts(**handle, 1);
    ASSERT_TRUE(facts.has_value()) << facts.error().message;
    NvmeFacts expected = *seen.snapshot.nvme;
    EXPECT_EQ(expected.serial.printable(), kSerial);
    EXPECT_EQ(expected.namespaces.size(), 3U);
    expected.serial.raw = drivers::nvme::placeholder_of(expected.serial.raw);
    EXPECT_EQ(facts->serial.printable(), "XXXXXXXXXXX");
    EXPECT_EQ(*facts, expected);
}

TEST_F(RecordAnswers, NothingInTheFileNamesTheDrive) {
    const Inspected seen = inspected();
    ASSERT_TRUE(record_answers(folder, seen).has_value());
    const std::string text = text_at(file);
    EXPECT_THAT(text, Not(HasSubstr(kSerial)));
    EXPECT_THAT(text, Not(HasSubstr(to_hex(bytes_of(kSerial)))));
    EXPECT_THAT(text, HasSubstr("\"serial\":\"XXXXXXXXXXX\""));
    EXPECT_THAT(text, HasSubstr("X stands for"));
    // NGUID and EUI64: bytes 104 to 127 of Identify Namespace.
    const auto json = parse_json(text);
    ASSERT_TRUE(json.has_value());
    int namespaces = 0;
    for (const Json& one : json->at("answers")) {
        if (one["query"] != "identify-namespace" && one["query"] != "identify-allocated-namespace")
            continue;
        const auto data = from_hex(one["data"].get<std::string>());
        ASSERT_TRUE(data && data->size() >= 128);
        for (std::size_t at = 104; at < 128; ++at) EXPECT_EQ((*data)[at], std::byte{'X'}) << at;
        ++namespaces;
    }
    EXPECT_EQ(namespaces, 3);
}

TEST_F(RecordAnswers, OnlyTheOwnerReadsWhatWasRecorded) {
    ASSERT_TRUE(record_answers(folder, inspected()).has_value());
    EXPECT_EQ(mode_of(file), 0600U);
    EXPECT_EQ(mode_of(folder), 0700U);
}

TEST_F(RecordAnswers, AFileThatIsThereIsLeftAsItIs) {
    const Inspected seen = inspected();
    std::filesystem::create_directories(folder);
    std::ofstream{file} << "mine";
    const auto again = record_answers(folder, seen);
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().code, ErrorCode::config);
    EXPECT_THAT(again.error().message, HasSubstr("already there"));
    EXPECT_EQ(text_at(file), "mine");
}

TEST_F(RecordAnswers, AQuestionThatWasNotRecordedFails) {
    ASSERT_TRUE(record_answers(folder, inspected()).has_value());
    test::ReplayHost replay = played_back(file);
    const auto handle = replay.open_query(kNode);
    ASSERT_TRUE(handle.has_value());
    const NvmeQuery other = NvmeQuery::identify_namespace(99);
    Bytes out(other.answer_size());
    EXPECT_FALSE((*handle)->nvme_query(other, out).has_value());
    EXPECT_TRUE((*handle)->nvme_query(NvmeQuery::identify_namespace(1), out).has_value());
}

TEST_F(RecordAnswers, ADriveWithoutAControllerToAskLeavesNoFile) {
    add(numbered(1));
    const auto seen = std::move(inspect_with_answers(host, {host.drive(1).node()}).front());
    ASSERT_TRUE(seen.has_value()) << seen.error().message;
    EXPECT_EQ(record_answers(folder, *seen).value(), "");
    EXPECT_FALSE(there(folder));
}

TEST_F(RecordAnswers, ARefusalIsPlayedBackAsTheRefusalItWas) {
    std::vector<NvmeAnswer> kept;
    const NvmeQuery query = NvmeQuery::identify_namespace(77);
    Bytes out(query.answer_size());
    const auto handle = host.open_query(kNode);
    ASSERT_TRUE(handle.has_value());
    RecordingHandle recording{**handle, kept};
    const auto live = recording.nvme_query(query, out);
    ASSERT_TRUE(live.has_value());
    EXPECT_NE(live->status, 0U);
    const auto back = nvme_answers_from_json(to_json(kept));
    ASSERT_TRUE(back.has_value()) << back.error().message;
    EXPECT_EQ(*back, kept);
    EXPECT_EQ(replay(*back, query, out).value().status, live->status);
}

}  // namespace
}  // namespace quietus::app
