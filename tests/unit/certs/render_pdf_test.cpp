// Signed PDFs: what is in them, and that no byte can change unnoticed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "base/bytes.h"
#include "base/file.h"
#include "certs/render/pades.h"
#include "certs/render/pdf_assemble.h"
#include "certs/render/pdf_check.h"
#include "certs/render/pdf_form.h"
#include "certs/signing_key_impl.h"
#include "unit/certs/render_fixture.h"

namespace quietus::certs {
namespace {

using namespace testing;
using ::testing::HasSubstr;

class RenderPdf : public ::testing::Test {
  protected:
    Result<Signer> verify(std::string_view pdf) const {
        return verify_pdf(pdf, attachments_for({input_}), issuer_.trust(), kNow);
    }
    std::string why(std::string_view pdf) const {
        const auto signer = verify(pdf);
        return signer ? "authentic" : signer.error().message;
    }

    Issuer issuer_;
    RenderInput input_ = input_of(issuer_, an_erased_drive());
    std::string pdf_ = render_pdf(input_, &issuer_.key, kNow).value();
};

TEST_F(RenderPdf, VerifiesAndNamesItsSigner) {
    const auto signer = verify(pdf_);
    ASSERT_TRUE(signer.has_value()) << signer.error().message;
    EXPECT_EQ(signer->fingerprint, issuer_.key.fingerprint_sha256());
    EXPECT_TRUE(
        verify_pdf(pdf_, attachments_for({input_}), issuer_.trust_by_ca(), kNow).has_value());
}

TEST_F(RenderPdf, IsTheSameBytesForTheSameRecordWhereUnsigned) {
    const std::string once = render_pdf(input_, nullptr, kNow).value();
    EXPECT_EQ(once, render_pdf(input_, nullptr, {kNow.ms + 86'400'000}).value());
    EXPECT_THAT(why(once), HasSubstr("not exactly one signature"));
}

TEST_F(RenderPdf, RefusesAnotherSignerRecordOrNone) {
    const Issuer other{"somebody else"};
    EXPECT_FALSE(verify_pdf(pdf_, attachments_for({input_}), other.trust(), kNow).has_value());
    const std::string theirs = render_pdf(input_, &other.key, kNow).value();
    EXPECT_FALSE(verify(theirs).has_value());
    RenderInput changed = input_;
    changed.record_bytes += " ";
    EXPECT_THAT(why(render_pdf(changed, &issuer_.key, kNow).value()), HasSubstr("attachments"));
    EXPECT_FALSE(verify_pdf(pdf_, {}, issuer_.trust(), kNow).has_value());
}

TEST_F(RenderPdf, RefusesWhateverFollowsIt) {
    for (const char* more : {"\n", " ", "%", "\n%%EOF\n", "\n1 0 obj\n<<>>\nendobj\n",
                             "\nxref\n0 0\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"})
        EXPECT_FALSE(verify(pdf_ + more).has_value()) << more;
    EXPECT_FALSE(verify(" " + pdf_).has_value());
    EXPECT_FALSE(verify(pdf_ + pdf_).has_value());
}

TEST_F(RenderPdf, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < pdf_.size(); size += 997)
        EXPECT_FALSE(verify(pdf_.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(verify(pdf_.substr(0, pdf_.size() - 1)).has_value());
}

std::size_t contents_of(const std::string& pdf) {
    return pdf.find(kContentsKey) + kContentsKey.size();
}

TEST_F(RenderPdf, TakesOneSpellingOfItsSignature) {
    const std::size_t at = contents_of(pdf_);
    std::size_t letters = 0;
    for (std::size_t i = at; i < at + 2 * kContentsReserve; ++i) {
        if (pdf_[i] < 'a' || pdf_[i] > 'f') continue;
        std::string upper = pdf_;
        upper[i] = static_cast<char>(upper[i] - 'a' + 'A');
        EXPECT_FALSE(verify(upper).has_value()) << "upper case at " << i;
        ++letters;
    }
    EXPECT_GT(letters, 100U);
    std::string blank = pdf_;
    blank[at + 2 * kContentsReserve - 1] = ' ';
    EXPECT_FALSE(verify(blank).has_value());
    std::string hidden = pdf_;
    hidden.replace(at + 2 * kContentsReserve - 8, 8, "deadbeef");
    EXPECT_THAT(why(hidden), HasSubstr("hidden behind its signature"));
}

// A signature made over other ranges, by the right signer, which leave out more than itself.
TEST_F(RenderPdf, RefusesASignatureThatLeavesSomethingOut) {
    std::string pdf = pdf_;
    const std::size_t open = contents_of(pdf) - 1;
    const std::size_t after = open + 2 * kContentsReserve + 2;
    std::string numbers = "/ByteRange [ 0 " + std::to_string(open) + " " + std::to_string(after) +
                          " " + std::to_string(pdf.size() - after - 10) + " ]";
    numbers.resize(kByteRangeBlank.size(), ' ');
    pdf.replace(pdf.find(kByteRangeKey), numbers.size(), numbers);
    const std::string covered = pdf.substr(0, open) + pdf.substr(after, pdf.size() - after - 10);
    const std::string hex = to_hex(bytes_of(sign_pades(issuer_.key, covered).value()));
    pdf.replace(open + 1, 2 * kContentsReserve, std::string(2 * kContentsReserve, '0'));
    pdf.replace(open + 1, hex.size(), hex);
    EXPECT_THAT(why(pdf), HasSubstr("does not cover the whole file"));
}

// The places of a PDF where a changed byte went unnoticed.
std::vector<std::size_t> unnoticed(std::string pdf,
                                   const std::map<std::string, std::string>& records,
                                   const Trust& trust, std::size_t stride) {
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < pdf.size(); at += stride) {
        const char was = pdf[at];
        const auto byte = static_cast<unsigned char>(was);
        pdf[at] = static_cast<char>(byte ^ (at % 3 == 0 ? 0x01U : at % 3 == 1 ? 0x20U : 0xFFU));
        if (verify_pdf(pdf, records, trust, kNow).has_value()) places.push_back(at);
        pdf[at] = was;
    }
    return places;
}

// An empty page: 20 % of the bytes of a drawn one, and the same form.
constexpr std::string_view kEmptyPage =
    "%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]"
    "/Count 1>>\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\nxref\n0 "
    "4\n"
    "0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n0000000105 00000 n \n"
    "trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n165\n%%EOF\n";

TEST_F(RenderPdf, NoticesEveryChangedByteOfASmallPdf) {
    const std::map<std::string, std::string> records{{"certificate.json", "{}"}};
    const std::string pdf = assemble_pdf({.drawn = std::string{kEmptyPage},
                                          .title = "empty",
                                          .author = "",
                                          .created = kNow,
                                          .attachments = records},
                                         &issuer_.key, kNow)
                                .value();
    ASSERT_TRUE(verify_pdf(pdf, records, issuer_.trust(), kNow).has_value());
    EXPECT_EQ(unnoticed(pdf, records, issuer_.trust(), 1), std::vector<std::size_t>{});
}

TEST_F(RenderPdf, NoticesChangedBytesOfACertificate) {
    EXPECT_EQ(unnoticed(pdf_, attachments_for({input_}), issuer_.trust(), 13),
              std::vector<std::size_t>{});
    const std::string label = render_label(input_, &issuer_.key, kNow).value();
    EXPECT_EQ(unnoticed(label, attachments_for({input_}), issuer_.trust(), 61),
              std::vector<std::size_t>{});
}

// A CA, an intermediate and a signer under it, made by openssl(1); keys of the kind named.
constexpr const char* kMakePki = R"sh(
cd "$DIR"
printf '[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n[signer]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n' >cnf
key() { openssl genpkey -quiet $KIND -out $1.key; }
key root; openssl req -new -x509 -key root.key -subj /CN=Root -days 9000 -config cnf -extensions ca -out root.pem
key mid; openssl req -new -key mid.key -subj /CN=Mid -config cnf | openssl x509 -req -CA root.pem -CAkey root.key -set_serial 7 -days 9000 -extfile cnf -extensions ca -out mid.pem
key leaf; openssl req -new -key leaf.key -subj /CN=Leaf -config cnf | openssl x509 -req -CA mid.pem -CAkey mid.key -set_serial 8 -days 9000 -extfile cnf -extensions signer -out leaf.pem
)sh";

std::string file_in(const TemporaryFolder& folder, const std::string& name) {
    return read_whole_file(folder.path() + "/" + name, kMiB).value();
}

// The signature does not cover the intermediate inside it; the attached chain does.
TEST_F(RenderPdf, NoticesEveryChangedByteOfAnIntermediateInTheSignature) {
    const TemporaryFolder pki;
    const std::string kind = "KIND='-algorithm EC -pkeyopt ec_paramgen_curve:P-256' ";
    ASSERT_EQ(run(kind + "DIR=" + pki.path() + kMakePki).status, 0);
    const auto key = load_signing_key(file_in(pki, "leaf.key"),
                                      file_in(pki, "leaf.pem") + file_in(pki, "mid.pem"), {});
    const UtcTime now = SystemClock{}.now();
    const std::string pdf = render_label(input_, &*key, now).value();
    const Trust trust{.roots_pem = {}, .fingerprint = key->fingerprint_sha256()};
    const auto records = attachments_for({input_});
    ASSERT_TRUE(verify_pdf(pdf, records, trust, now).has_value());
    const std::size_t first = contents_of(pdf);
    const std::size_t last = pdf.find("0000000000000000", first);
    ASSERT_GT(last - first, 2000U);
    for (std::size_t at = first; at < last; ++at) {
        std::string changed = pdf;
        changed[at] = changed[at] == '5' ? '6' : '5';
        EXPECT_FALSE(verify_pdf(changed, records, trust, now).has_value()) << at - first;
    }
}

// Keys that records are not signed with yet: openssl(1) verifies what is made with them.
TEST_F(RenderPdf, SignsWithStrongerKeysAndLeavesThemRoom) {
    for (const char* kind : {"-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
                             "-algorithm RSA -pkeyopt rsa_keygen_bits:3072"}) {
        const TemporaryFolder pki;
        ASSERT_EQ(run(std::string{"KIND='"} + kind + "' DIR=" + pki.path() + kMakePki).status, 0);
        auto parts = std::make_unique<SigningKey::Impl>();
        const std::string pem = file_in(pki, "leaf.key");
        parts->key.reset(PEM_read_bio_PrivateKey(bio_over(pem).get(), nullptr, nullptr, nullptr));
        parts->issuers = certificates_from_pem(file_in(pki, "leaf.pem") + file_in(pki, "mid.pem"));
        parts->certificate.reset(sk_X509_shift(parts->issuers.get()));
        const SigningKey key{std::move(parts)};
        const std::string der = sign_pades(key, "content").value();
        EXPECT_LT(der.size(), kContentsReserve / 2) << kind;
        ASSERT_TRUE(write_file_durably(pki.path() + "/cms", der, 0600).has_value());
        const std::string in = pki.path() + "/";
        EXPECT_THAT(run("printf content >" + in +
                        "content; openssl cms -verify -cades -binary "
                        "-inform DER -in " +
                        in + "cms -content " + in + "content -CAfile " + in +
                        "root.pem -no-CApath -no-CAstore -purpose any -out /dev/null")
                        .output,
                    HasSubstr("CAdES Verification successful"))
            << kind;
    }
}

TEST_F(RenderPdf, HasNoSigningTimeAndNamesItsCertificate) {
    const std::string der = sign_pades(issuer_.key, "content").value();
    const std::string signing_time = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05";
    const std::string certificate_v2 = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f";
    EXPECT_EQ(der.find(signing_time), std::string::npos);
    EXPECT_NE(der.find(certificate_v2), std::string::npos);
    EXPECT_TRUE(verify_detached(der, "content", issuer_.trust(), kNow).has_value());
}

TEST_F(RenderPdf, KeepsRecordsOfABatchInOrderAndTicketsApart) {
    const RenderInput failed = input_of(issuer_, a_failed_erasure());
    const std::vector<RenderInput> both{input_, failed};
    const std::string batch = render_batch(both, &issuer_.key, kNow).value();
    EXPECT_EQ(attachments_for(both).at("record-0002.json"), failed.record_bytes);
    EXPECT_TRUE(verify_pdf(batch, attachments_for(both), issuer_.trust(), kNow).has_value());
    EXPECT_FALSE(
        verify_pdf(batch, attachments_for({failed, input_}), issuer_.trust(), kNow).has_value());
    RenderInput elsewhere = input_;
    elsewhere.record["order"]["ticket"] = "INC-1";
    const auto mixed = render_batch({input_, elsewhere}, nullptr, kNow);
    ASSERT_FALSE(mixed.has_value());
    EXPECT_EQ(mixed.error().code, ErrorCode::usage);
    EXPECT_FALSE(render_batch({}, nullptr, kNow).has_value());
}

}  // namespace
}  // namespace quietus::certs
