// An evidence folder of arbitrary bytes is never authentic and never crashes the verifier. The
// first byte splits the input between record and signature.

#include <cstdint>
#include <string>

#include "certs/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace quietus;
    if (size == 0) return 0;
    const std::string bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    const std::size_t split = bytes.size() * data[0] / 255;
    const certs::Folder folder{{"certificate.json", bytes.substr(0, split)},
                               {"certificate.p7s", bytes.substr(split)},
                               {"chain.pem", bytes},
                               {"receipt.json", bytes.substr(0, split)}};
    certs::Trust trust;
    trust.fingerprint = std::string(64, 'a');
    QUIETUS_CHECK(!certs::verify_folder(folder, trust, UtcTime{1'800'000'000'000}).authentic);
    return 0;
}
