#pragma once
// Records to render: real ones, from the erasures of evidence_fixture.h, and spoilt ones.

#include "certs/envelope.h"
#include "certs/render/render.h"
#include "unit/certs/evidence_fixture.h"

namespace quietus::certs::testing {

inline RenderInput input_of(Json record) {
    RenderInput input;
    input.record_bytes = canonical_json(record);
    input.record = std::move(record);
    return input;
}

inline RenderInput input_of(const Issuer& issuer, const EraseRecord& record) {
    const Folder files{{"chain.pem", issuer.key.chain_pem()}, {"verify.sh", "#!/bin/sh\n"}};
    const std::string people =
        people_bytes({{.role = "operator", .name = "Olga"}}, record.id, std::string(64, 'e'));
    RenderInput input = input_of(parse_json(record_bytes(record, issuer.context(), issuer.key,
                                                         people_part({}, people), files))
                                     .value());
    input.people = parse_json(people).value();
    return input;
}

}  // namespace quietus::certs::testing
