#pragma once
// Statements for tests: about the drive of evidence_fixture, by somebody called Vera.

#include "base/random.h"
#include "certs/statement.h"
#include "unit/certs/evidence_fixture.h"

namespace quietus::certs::testing {

inline Statement a_statement(StatementBody body, std::vector<PreviousDocument> previous = {}) {
    Statement statement;
    statement.id = new_uuid_v7(kNow).value();
    statement.body = std::move(body);
    statement.drive.model = "TESTDISK 1000";
    statement.drive.serial = "WD-TEST0001";
    statement.previous = std::move(previous);
    statement.people = {{.role = "validator", .name = "Vera"}};
    statement.tool.version = "test";
    return statement;
}

inline PreviousDocument named(const Report& report) {
    return {.id = report.id, .type = report.type, .sha256 = report.record_sha256};
}

}  // namespace quietus::certs::testing
