// Other programs' opinions: openssl(1) verifies ours, and verify.sh agrees with verify_folder.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "certs/cms.h"
#include "certs/embedded.h"
#include "certs/envelope.h"
#include "certs/folder_io.h"
#include "unit/certs/statement_builder.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;

void put(const std::string& path, std::string_view bytes) {
    ASSERT_TRUE(write_file_durably(path, bytes, 0600).has_value());
}

// A CA, an intermediate and a signer under it, made by openssl(1).
constexpr const char* kMakePki = R"sh(
cd "$DIR"
key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }
printf '[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n[signer]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >cnf
key root; openssl req -new -x509 -key root.key -subj /CN=Root -days 9000 -config cnf -extensions ca -out root.pem
key mid; openssl req -new -key mid.key -subj /CN=Mid -config cnf | openssl x509 -req -CA root.pem -CAkey root.key -set_serial 7 -days 9000 -extfile cnf -extensions ca -out mid.pem
key leaf; openssl req -new -key leaf.key -subj /CN=Leaf -config cnf | openssl x509 -req -CA mid.pem -CAkey mid.key -set_serial 8 -days 9000 -extfile cnf -extensions signer -out leaf.pem
)sh";

class WithFolder : public ::testing::Test {
  protected:
    // The script runs as the auditor's own copy, on the folder as an argument.
    CommandResult script(const std::string& arguments) {
        return run("sh " + std::string{QUIETUS_SOURCE_DIR} + "/certs/verify.sh " + arguments);
    }
    std::string write(const std::string& name, const Folder& folder) {
        return write_folder(temporary.path(), name, folder).value();
    }
    std::string by_fingerprint() const {
        return " --fingerprint " + issuer.key.fingerprint_sha256();
    }
    std::string by_ca() {
        put(temporary.path() + "/ca.pem", issuer.key.certificate_pem());
        return " --ca " + temporary.path() + "/ca.pem";
    }

    TemporaryFolder temporary;
    Issuer issuer;
};

using Openssl = WithFolder;
using Script = WithFolder;

TEST_F(Openssl, VerifiesOurSignature) {
    const std::string folder = write("good", issuer.folder_for(an_erased_drive()));
    by_ca();
    const std::string command = "openssl cms -verify -cades -inform DER -in " + folder +
                                "/certificate.p7s -content " + folder +
                                "/certificate.json -CAfile " + temporary.path() +
                                "/ca.pem -no-CApath -no-CAstore -purpose any -out /dev/null";
    // One line without a newline verifies with and without -binary.
    EXPECT_THAT(run(command + " -binary").output, HasSubstr("CAdES Verification successful"));
    EXPECT_THAT(run(command).output, HasSubstr("CAdES Verification successful"));
}

TEST_F(Openssl, MayMakeTheSignerUnderARootAndAnIntermediate) {
    ASSERT_EQ(run("DIR=" + temporary.path() + kMakePki).status, 0);
    const auto read = [&](const char* name) {
        return read_whole_file(temporary.path() + "/" + name, kMiB).value();
    };
    issuer.key = load_signing_key(read("leaf.key"),
                                  read("leaf.pem") + read("mid.pem") + read("root.pem"), {})
                     .value();
    EXPECT_FALSE(issuer.key.self_signed());
    auto context = issuer.context();
    context.issued = SystemClock{}.now();
    const Folder folder = issue(an_erased_drive(), context, issuer.key).value();
    const UtcTime now = context.issued;
    for (const char* anchor : {"root.pem", "mid.pem", "leaf.pem"}) {
        const Report report = verify_folder(folder, {.roots_pem = read(anchor), .fingerprint = {}},
                                            now, ReceiptRule::not_yet);
        EXPECT_TRUE(report.authentic) << anchor << ": " << why(report);
    }
    EXPECT_TRUE(verify_folder(folder, issuer.trust(), now, ReceiptRule::not_yet).authentic);
    const std::string command =
        "cd " + temporary.path() +
        "; openssl cms -verify -cades -binary -inform DER -in p7s -content json -CAfile root.pem "
        "-no-CApath -no-CAstore -purpose any -out /dev/null";
    put(temporary.path() + "/p7s", folder.at("certificate.p7s"));
    put(temporary.path() + "/json", folder.at("certificate.json"));
    EXPECT_EQ(run(command).status, 0);
    // Each byte of the intermediate inside is checked too, whichever anchor is given.
    Folder changed = folder;
    std::string& bytes = changed.at("certificate.p7s");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        EXPECT_FALSE(verify_folder(changed, issuer.trust(), now, ReceiptRule::not_yet).authentic)
            << at;
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
    }
}

// BER, an unsigned attribute, a second signer, an attached record: openssl takes them all, we do
// not.
TEST_F(Openssl, MakesFormsThatWeRefuse) {
    const NewKey made = make_local_key("x", SystemClock{}.now()).value();
    const std::string dir = temporary.path();
    put(dir + "/k", text_of(made.key_pem.span()));
    put(dir + "/c", made.certificate_pem);
    const NewKey second = make_local_key("y", SystemClock{}.now()).value();
    put(dir + "/k2", text_of(second.key_pem.span()));
    put(dir + "/c2", second.certificate_pem);
    put(dir + "/m", "content");
    const Trust trust{.roots_pem = made.certificate_pem, .fingerprint = {}};
    const auto verdict = [&](const std::string& arguments) {
        EXPECT_EQ(run("cd " + dir +
                      "; openssl cms -sign -binary -in m -signer c -inkey k -outform DER -out s " +
                      arguments)
                      .status,
                  0);
        return verify_detached(read_whole_file(dir + "/s", kMiB).value(), "content", trust,
                               SystemClock{}.now());
    };
    const auto control = verdict("-cades -nosmimecap");
    EXPECT_TRUE(control.has_value()) << control.error().message;
    EXPECT_THAT(verdict("-nosmimecap").error().message, HasSubstr("not CAdES"));
    EXPECT_THAT(verdict("-cades -indef -stream").error().message, HasSubstr("DER"));
    EXPECT_THAT(verdict("-cades -nodetach").error().message, HasSubstr("one form"));
    EXPECT_THAT(verdict("-cades -md sha512").error().message, HasSubstr("one form"));
    EXPECT_THAT(verdict("-cades -keyid").error().message, HasSubstr("one form"));
    EXPECT_FALSE(verdict("-cades -nocerts").has_value());
    EXPECT_THAT(verdict("-cades -signer c2 -inkey k2").error().message, HasSubstr("one form"));
}

TEST_F(Script, AgreesOnEachKindOfRecord) {
    const auto judged = [&](const char* name, const EraseRecord& record) {
        const Folder folder = issuer.folder_for(record);
        const std::string path = write(name, folder);
        const int expected = to_int(verify_folder(folder, issuer.trust(), kNow).status());
        const CommandResult pinned = script(path + by_fingerprint());
        EXPECT_EQ(pinned.status, expected) << pinned.output;
        EXPECT_EQ(script(path + by_ca()).status, expected);
        return pinned;
    };
    const CommandResult good = judged("good", an_erased_drive());
    EXPECT_EQ(good.status, 0);
    EXPECT_THAT(good.output, HasSubstr("CN = quietus test"));
    EXPECT_THAT(good.output, HasSubstr("serial: WD-TEST0001"));
    EXPECT_EQ(judged("exceptions", a_drive_with_exceptions()).status, 11);
    const CommandResult failed = judged("failed", a_failed_erasure());
    EXPECT_EQ(failed.status, 10);
    EXPECT_THAT(failed.output, HasSubstr("AUTHENTIC RECORD OF A FAILED ERASURE"));
}

TEST_F(Script, KnowsAStatementAsWhatItIs) {
    const Folder good = issuer.folder_for(a_statement(Unresponsive{.symptom = "silent"}));
    const CommandResult result = script(write("statement", good) + by_fingerprint());
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.output, HasSubstr("AUTHENTIC STATEMENT (unresponsive)"));
    EXPECT_EQ(script(write("only", good) + by_fingerprint() + " --authenticity-only").status, 0);
    Folder renamed = good;
    renamed["certificate.json"] = renamed.extract("unresponsive.json").mapped();
    renamed["certificate.p7s"] = renamed.extract("unresponsive.p7s").mapped();
    const CommandResult refused = script(write("renamed-statement", renamed) + by_fingerprint());
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.output, HasSubstr("NOT AUTHENTIC"));
}

TEST_F(Script, RefusesWhatWeRefuse) {
    const Folder good = issuer.folder_for(an_erased_drive());
    const auto refused = [&](const char* name, const Folder& folder) {
        const CommandResult result = script(write(name, folder) + by_fingerprint());
        EXPECT_EQ(result.status, 1) << name << result.output;
        EXPECT_FALSE(verify_folder(folder, issuer.trust(), kNow).authentic) << name;
    };
    for (const auto& [name, bytes] : good) {
        if (name == "receipt.json") continue;  // present is all the script asks
        Folder changed = good;
        changed[name][bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        refused(("changed-" + name).c_str(), changed);
    }
    for (const auto& [name, bytes] : good) {
        if (name == kPeopleName) continue;  // may be taken out
        Folder missing = good;
        missing.erase(name);
        refused(("missing-" + name).c_str(), missing);
    }
    Folder extra = good;
    extra[".hidden"] = "x";
    refused("extra", extra);
    Folder renamed = issuer.folder_for(a_failed_erasure());
    renamed["certificate.json"] = renamed.extract("failure-record.json").mapped();
    renamed["certificate.p7s"] = renamed.extract("failure-record.p7s").mapped();
    refused("renamed", renamed);
    refused("stranger", Issuer{"stranger"}.folder_for(an_erased_drive()));
}

TEST_F(Script, ReadsHostileStringsAsStrings) {
    EraseRecord record = a_failed_erasure();
    record.plan.target.identity.model = SourcedString::of(
        {"x\",\"type\":\"sanitization\",\"verdict\":\"erased\",\"files\":[]"}, "sysfs");
    record.plan.target.identity.serial =
        SourcedString::of({"\\\",\"verdict\":\"erased\"\\"}, "sysfs");
    const CommandResult result =
        script(write("hostile", issuer.folder_for(record)) + by_fingerprint());
    EXPECT_EQ(result.status, 10) << result.output;
}

TEST_F(Script, SaysNothingWithoutSomebodyToTrust) {
    const std::string path = write("good", issuer.folder_for(an_erased_drive()));
    EXPECT_EQ(script(path).status, 64);
    EXPECT_EQ(script(path + " --fingerprint 12").status, 64);
    EXPECT_EQ(script(path + " --ca /nowhere").status, 64);
    EXPECT_EQ(script("/nowhere" + by_fingerprint()).status, 64);
    EXPECT_EQ(script(by_fingerprint()).status, 64);
    EXPECT_EQ(run("cd " + temporary.path() + "; sh good/verify.sh good" + by_fingerprint()).status,
              0);
}

}  // namespace
}  // namespace quietus::certs
