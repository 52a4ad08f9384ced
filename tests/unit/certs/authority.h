#pragma once
// A CA with signers and time stamp authorities, made by openssl(1) in a folder of the test's own.

#include <string>

#include "unit/certs/evidence_fixture.h"

namespace quietus::certs::testing {

class Authority {
  public:
    /// Makes ca.pem and ca.key.
    Authority();

    /// A certificate under the CA: NAME.pem and NAME.key. `kind` is "signer" or "tsa".
    void make(const std::string& name, const std::string& kind, int days,
              const std::string& key = "ec -pkeyopt ec_paramgen_curve:P-256");
    SigningKey key(const std::string& name) const;
    /// A reply of that authority to a request for these bytes; empty where it refuses.
    std::string stamp(const std::string& tsa, const std::string& bytes) const;
    /// Revokes, and makes crl.pem anew. `reason` as openssl ca has it.
    void revoke(const std::string& name, const std::string& reason);
    void make_crl();
    void make_crl(UtcTime made, UtcTime next);

    std::string read(const std::string& name) const;
    std::string path(const std::string& name) const { return folder_.path() + "/" + name; }

  private:
    std::string in_folder(const std::string& command) const;
    TemporaryFolder folder_;
};

}  // namespace quietus::certs::testing
