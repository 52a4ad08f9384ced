#pragma once
// Records to render: real ones, from the erasures of evidence_fixture.h, and spoilt ones.

#include "certs/render/render.h"
#include "unit/certs/evidence_fixture.h"

namespace quietus::certs::testing {

inline RenderInput input_of(Json record) {
    RenderInput input;
    input.record_bytes = canonical_json(record);
    input.standing = standing_of_unsigned(record);
    input.record = std::move(record);
    return input;
}

inline RenderInput input_of(const Issuer& issuer, const EraseRecord& record) {
    const Folder files{{"chain.pem", issuer.key.chain_pem()}, {"verify.sh", "#!/bin/sh\n"}};
    return input_of(parse_json(record_bytes(record, issuer.context(), issuer.key, files)).value());
}

}  // namespace quietus::certs::testing
