#include "certs/register/register.h"

#include <filesystem>
#include <sqlite3.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/file.h"
#include "certs/register/checkpoint.h"
#include "certs/register/merkle.h"
#include "unit/certs/evidence_fixture.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// Reference leaves and roots of the certificate-transparency project (merkletree tests, RFC 6962
// §2.1). Any root can be had without us: e.g. of the first leaf alone, `printf '\0' | sha256sum`.
const std::vector<std::string> kReferenceLeaves{"",
                                                "00",
                                                "10",
                                                "2021",
                                                "3031",
                                                "40414243",
                                                "5051525354555657",
                                                "606162636465666768696a6b6c6d6e6f"};
constexpr std::array kReferenceRoots{
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

LeafFacts facts_of(int number) {
    LeafFacts facts;
    facts.id = "019aa95c-1111-7222-8333-" + std::to_string(100000000000 + number);
    facts.type = "sanitization";
    facts.verdict = "erased";
    facts.serial = "SN" + std::to_string(number);
    facts.model = "TESTDISK";
    facts.issued = "2026-11-22T01:28:03.123Z";
    facts.record_sha256 = sha256_hex(std::to_string(number));
    facts.signature_sha256 = facts.record_sha256;
    facts.size_bytes = kMiB;
    return facts;
}

const LogKey& log_key() {
    static const LogKey kKey = make_log_key("example.org/quietus").value();
    return kKey;
}

Register a_register(const std::string& path) {
    return {open_sqlite_store(path, /*create=*/true).value(), log_key()};
}

Result<void> checked(const std::string& receipt, const LeafFacts& facts) {
    return verify_receipt(receipt, facts, log_key().origin, log_key().public_key_base64);
}

// What a vandal with the file in hand can do.
void vandalise(const std::string& path, const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
}

TEST(Merkle, HasTheRootsOfTheReferenceTree) {
    std::vector<Digest> leaves;
    EXPECT_EQ(to_hex(merkle_root(leaves)),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (std::size_t i = 0; i < kReferenceLeaves.size(); ++i) {
        leaves.push_back(merkle_leaf_hash(text_of(from_hex(kReferenceLeaves[i]).value())));
        EXPECT_EQ(to_hex(merkle_root(leaves)), kReferenceRoots[i]) << i + 1;
    }
}

TEST(Merkle, HasThePathsOfTheReferenceTree) {
    std::vector<Digest> leaves;
    for (const std::string& leaf : kReferenceLeaves)
        leaves.push_back(merkle_leaf_hash(text_of(from_hex(leaf).value())));
    const auto path = merkle_inclusion(leaves, 0);
    ASSERT_EQ(path.size(), 3U);
    EXPECT_EQ(to_hex(path[0]), "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
    EXPECT_EQ(to_hex(path[1]), "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e");
    EXPECT_EQ(to_hex(path[2]), "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
}

TEST(Merkle, ProvesEachLeafOfEachTreeAndNoOther) {
    std::vector<Digest> leaves;
    for (std::uint64_t size = 1; size <= 64; ++size) {
        leaves.push_back(merkle_leaf_hash(std::to_string(size)));
        const Digest root = merkle_root(leaves);
        for (std::uint64_t index = 0; index < size; ++index) {
            auto proof = merkle_inclusion(leaves, index);
            EXPECT_TRUE(merkle_inclusion_holds(leaves[index], index, size, proof, root));
            EXPECT_FALSE(merkle_inclusion_holds(leaves[index], index, index, proof, root));
            const std::uint64_t other = (index + 1) % size;
            const bool alone = size == 1;
            EXPECT_EQ(merkle_inclusion_holds(leaves[index], other, size, proof, root), alone);
            EXPECT_EQ(merkle_inclusion_holds(leaves[other], index, size, proof, root), alone);
            proof.push_back(root);
            EXPECT_FALSE(merkle_inclusion_holds(leaves[index], index, size, proof, root));
        }
    }
}

TEST(Register, GivesAReceiptThatHoldsForThisLeafOnly) {
    Register log = a_register(":memory:");
    for (int i = 0; i < 20; ++i) {
        const std::string receipt = log.append(facts_of(i)).value();
        EXPECT_TRUE(checked(receipt, facts_of(i)).has_value());
        EXPECT_FALSE(checked(receipt, facts_of(i + 1)).has_value());
        EXPECT_FALSE(
            verify_receipt(receipt, facts_of(i), "example.org/other", log_key().public_key_base64)
                .has_value());
        EXPECT_FALSE(verify_receipt(receipt, facts_of(i), log_key().origin,
                                    make_log_key("x").value().public_key_base64)
                         .has_value());
    }
    EXPECT_EQ(log.check().value().size, 20U);
}

TEST(Register, TakesTheSameLeafOnce) {
    Register log = a_register(":memory:");
    const std::string first = log.append(facts_of(1)).value();
    EXPECT_EQ(log.append(facts_of(1)).value(), first);
    ASSERT_TRUE(log.append(facts_of(2)).has_value());
    const std::string later = log.append(facts_of(1)).value();
    EXPECT_EQ(parse_json(later).value()["index"], 0);
    EXPECT_TRUE(checked(later, facts_of(1)).has_value());
    EXPECT_EQ(log.check().value().size, 2U);
}

TEST(Register, TakesOneSpellingOfAReceipt) {
    Register log = a_register(":memory:");
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(log.append(facts_of(i)).has_value());
    const std::string receipt = log.append(facts_of(2)).value();
    const Json good = parse_json(receipt).value();
    ASSERT_TRUE(checked(receipt, facts_of(2)).has_value());
    const auto refused = [&](const std::string& text) {
        return !checked(text, facts_of(2)).has_value();
    };
    EXPECT_TRUE(refused(receipt + "\n"));
    EXPECT_TRUE(refused(good.dump(1)));
    EXPECT_TRUE(refused(""));
    EXPECT_TRUE(refused("[]"));
    for (const auto& [key, value] : good.items()) {
        Json missing = good;
        missing.erase(key);
        EXPECT_TRUE(refused(canonical_json(missing))) << key;
    }
    const auto with = [&](const char* key, Json value) {
        Json changed = good;
        changed[key] = std::move(value);
        return canonical_json(changed);
    };
    EXPECT_TRUE(refused(with("extra", 1)));
    EXPECT_TRUE(refused(with("index", "2")));
    EXPECT_TRUE(refused(with("index", 3)));
    EXPECT_TRUE(refused(
        with("checkpoint", good["checkpoint"].get<std::string>() + "\xE2\x80\x94 x AAAA\n")));
    EXPECT_TRUE(refused(with("proof", Json::array())));
    EXPECT_TRUE(refused(with("proof", std::vector<std::string>(100, good["proof"][0]))));
}

TEST(Register, FindsByPartOfSerialModelOrId) {
    Register log = a_register(":memory:");
    for (int i = 0; i < 12; ++i) ASSERT_TRUE(log.append(facts_of(i)).has_value());
    const auto found = log.search("sn1").value();
    ASSERT_EQ(found.size(), 3U);  // SN1, SN10, SN11
    EXPECT_EQ(found[1].index, 10U);
    EXPECT_EQ(found[1].facts.serial, "SN10");
    EXPECT_EQ(log.search("testdisk").value().size(), 12U);
    EXPECT_TRUE(log.search("%").value().empty());
    EXPECT_TRUE(log.search("'; DROP TABLE leaf; --").value().empty());
}

TEST(Register, KeepsAcrossOpenings) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/register.db";
    ASSERT_TRUE(a_register(path).append(facts_of(1)).has_value());
    ASSERT_TRUE(a_register(path).append(facts_of(2)).has_value());
    Register log{open_sqlite_store(path, /*create=*/false).value(), log_key()};
    EXPECT_EQ(log.check().value().size, 2U);
}

TEST(Register, NoticesVandalismWhoeverDroppedTheTriggers) {
    const TemporaryFolder folder;
    const auto after = [&](const std::string& name, const std::string& sql) {
        const std::string path = folder.path() + "/" + name;
        Register log = a_register(path);
        for (int i = 0; i < 5; ++i) EXPECT_TRUE(log.append(facts_of(i)).has_value());
        EXPECT_TRUE(log.check().has_value());
        vandalise(
            path,
            "DROP TRIGGER leaf_update; DROP TRIGGER leaf_delete; DROP TRIGGER leaf_insert;" + sql);
        const auto state = log.check();
        return state ? std::string{"nothing"} : state.error().message;
    };
    EXPECT_THAT(after("edited", "UPDATE leaf SET leaf=replace(leaf,'SN2','SN9') WHERE idx=2"),
                HasSubstr("entry 2"));
    EXPECT_THAT(after("hash", "UPDATE leaf SET hash=zeroblob(32) WHERE idx=1"),
                HasSubstr("entry 1"));
    EXPECT_THAT(after("removed", "DELETE FROM leaf WHERE idx=3"), HasSubstr("entry 3"));
    EXPECT_THAT(after("cut", "DELETE FROM leaf WHERE idx=4"), HasSubstr("entries are missing"));
}

TEST(Register, RefusesAccidentsByTriggers) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/register.db";
    ASSERT_TRUE(a_register(path).append(facts_of(1)).has_value());
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    for (const char* sql :
         {"UPDATE leaf SET leaf='x'", "DELETE FROM leaf", "UPDATE checkpoint SET note='x'",
          "DELETE FROM checkpoint", "INSERT INTO leaf VALUES(7,'x',zeroblob(32),zeroblob(32))"})
        EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_CONSTRAINT) << sql;
    sqlite3_close(database);
}

TEST(Register, LetsTwoProcessesAppendAtOnce) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/register.db";
    static_cast<void>(log_key());  // one key for both processes: made before they part
    constexpr int kEach = 25;
    const auto appended = [&](int first) {
        Register log = a_register(path);
        for (int i = first; i < first + kEach; ++i) {
            const auto receipt = log.append(facts_of(i));
            if (!receipt || !checked(*receipt, facts_of(i))) return false;
        }
        return true;
    };
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) _exit(appended(1000) ? 0 : 1);
    EXPECT_TRUE(appended(0));
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(a_register(path).check().value().size, 2U * kEach);
}

TEST(Register, SaysBusyWhileAnotherWrites) {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/register.db";
    static_cast<void>(a_register(path));
    Register log{open_sqlite_store(path, /*create=*/false, std::chrono::milliseconds{20}).value(),
                 log_key()};
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
    const auto receipt = log.append(facts_of(1));
    ASSERT_FALSE(receipt.has_value());
    EXPECT_EQ(receipt.error().code, ErrorCode::busy);
    sqlite3_close(other);
    EXPECT_TRUE(log.append(facts_of(1)).has_value());
}

TEST(Register, SaysWhyItCannotBeOpened) {
    const TemporaryFolder folder;
    const auto code = [&](const std::string& name, bool create) {
        const auto store = open_sqlite_store(folder.path() + "/" + name, create);
        return store ? ErrorCode::usage : store.error().code;
    };
    EXPECT_EQ(code("none.db", false), ErrorCode::config);
    EXPECT_EQ(code("no/folder.db", true), ErrorCode::config);
    ASSERT_TRUE(
        create_file_durably(folder.path() + "/text", std::string(4096, 'x'), 0600).has_value());
    EXPECT_EQ(code("text", false), ErrorCode::bad_evidence);
    vandalise(folder.path() + "/other.db", "CREATE TABLE t(x)");
    EXPECT_EQ(code("other.db", true), ErrorCode::bad_evidence);
    ASSERT_FALSE(std::filesystem::exists(folder.path() + "/none.db"));
}

TEST(Checkpoint, IsASignedNoteThatOpensslVerifies) {
    const TemporaryFolder folder;
    const std::string note =
        sign_checkpoint({3, sha256("x")}, log_key().origin, log_key().pem()).value();
    EXPECT_EQ(verify_checkpoint(note, log_key().origin, log_key().public_key_base64).value().size,
              3U);
    ASSERT_TRUE(create_file_durably(folder.path() + "/note", note, 0600).has_value());
    const CommandResult checked_by_openssl = run(
        "cd " + folder.path() +
        "; { printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; echo " +
        log_key().public_key_base64 +
        " | base64 -d; } >pub.der; sed '/^$/,$d' note >text; tail -n 1 note | cut -d' ' -f3 | "
        "base64 -d | tail -c +5 >sig; "
        "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey pub.der -in text -sigfile sig");
    EXPECT_THAT(checked_by_openssl.output, HasSubstr("Signature Verified Successfully"));
}

TEST(LogKey, RefusesOtherKeysAndBadNames) {
    EXPECT_EQ(load_log_key("x", "nonsense").error().code, ErrorCode::config);
    EXPECT_EQ(load_log_key("two words", log_key().pem()).error().code, ErrorCode::config);
    EXPECT_EQ(load_log_key("a+b", log_key().pem()).error().code, ErrorCode::config);
    const NewKey other = make_local_key("x", kNow).value();
    EXPECT_EQ(load_log_key("x", text_of(other.key_pem.span())).error().code, ErrorCode::config);
    EXPECT_EQ(load_log_key("x", log_key().pem()).value().public_key_base64,
              log_key().public_key_base64);
}

TEST(Leaf, ReadsBackAsItWasWritten) {
    const std::string leaf = leaf_bytes(facts_of(4));
    EXPECT_EQ(parse_leaf(leaf).value().serial, "SN4");
    EXPECT_FALSE(parse_leaf(leaf + " ").has_value());
}

}  // namespace
}  // namespace quietus::certs
