#include "unit/certs/authority.h"

#include "base/bytes.h"
#include "base/file.h"
#include "certs/time_stamp.h"

namespace quietus::certs::testing {

namespace {

constexpr const char* kConfiguration = R"(
[signer]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature,nonRepudiation
[tsa]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=critical,timeStamping
[ca]
default_ca=d
[d]
dir=.
database=./index
new_certs_dir=.
serial=./serial
default_md=sha384
default_crl_days=30
unique_subject=no
policy=p
crlnumber=./crlnumber
[p]
commonName=supplied
)";

}  // namespace

Authority::Authority() {
    QUIETUS_CHECK(write_file_durably(path("ca.cnf"), kConfiguration, 0600).has_value());
    in_folder(
        "touch index; echo 1000 >serial; echo 01 >crlnumber; "
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout ca.key -out "
        "ca.pem -sha384 -subj /CN=test-CA -days 7000 -addext "
        "keyUsage=critical,keyCertSign,cRLSign");
}

std::string Authority::in_folder(const std::string& command) const {
    const CommandResult result = run("cd " + folder_.path() + " && { " + command + "; }");
    if (result.status != 0) std::fprintf(stderr, "%s\n", result.output.c_str());
    QUIETUS_CHECK(result.status == 0);
    return result.output;
}

void Authority::make(const std::string& name, const std::string& kind, int days,
                     const std::string& key) {
    in_folder("openssl req -newkey " + key + " -nodes -keyout " + name + ".key -out " + name +
              ".csr -subj /CN=" + name + " && openssl ca -batch -config ca.cnf -cert ca.pem " +
              "-keyfile ca.key -notext -extensions " + kind + " -extfile ca.cnf -days " +
              std::to_string(days) + " -in " + name + ".csr -out " + name + ".pem");
}

SigningKey Authority::key(const std::string& name) const {
    auto key = load_signing_key(read(name + ".key"), read(name + ".pem") + read("ca.pem"), {});
    QUIETUS_CHECK(key.has_value());
    return std::move(*key);
}

std::string Authority::stamp(const std::string& tsa, const std::string& bytes) const {
    const std::string request = time_stamp_request(bytes).value();
    QUIETUS_CHECK(write_file_durably(path("request"), request, 0600).has_value());
    const std::string configuration =
        "[tsa]\ndefault_tsa=t\n[t]\nserial=" + path("tsa-serial") +
        "\nsigner_cert=" + path(tsa + ".pem") + "\nsigner_key=" + path(tsa + ".key") +
        "\ncerts=" + path("ca.pem") +
        "\nsigner_digest=sha256\ndefault_policy=1.3.6.1.4.1.99999.1\ndigests=sha256\n"
        "ess_cert_id_alg=sha256\n";
    QUIETUS_CHECK(write_file_durably(path("tsa.cnf"), configuration, 0600).has_value());
    in_folder("openssl ts -reply -config tsa.cnf -queryfile request -out reply");
    std::string reply = read("reply");
    QUIETUS_CHECK(check_time_stamp_reply(request, reply).has_value());
    return reply;
}

void Authority::revoke(const std::string& name, const std::string& reason) {
    in_folder("openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -revoke " + name +
              ".pem -crl_reason " + reason);
    make_crl();
}

void Authority::make_crl() {
    in_folder("openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out crl.pem");
}

void Authority::make_crl(UtcTime made, UtcTime next) {
    // GeneralizedTime: "20261122T012803Z" without its T.
    const auto text = [](UtcTime time) {
        std::string compact = to_compact(time);
        std::erase(compact, 'T');
        return compact;
    };
    in_folder("openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out crl.pem " +
              std::string{"-crl_lastupdate "} + text(made) + " -crl_nextupdate " + text(next));
}

std::string Authority::read(const std::string& name) const {
    return read_whole_file(path(name), kMiB).value();
}

}  // namespace quietus::certs::testing
