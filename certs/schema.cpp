// The only file that names valijson: eight seconds to compile, and it throws. Its patterns run on
// std::regex, which recurses once per repetition: the schema uses bounded repetitions only, or a
// long string would exhaust the stack.

#include "certs/schema.h"

#include <memory>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wshadow"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include "base/bytes.h"
#include "certs/embedded.h"
#include "certs/statement.h"

namespace quietus::certs {

namespace {

using valijson::adapters::NlohmannJsonAdapter;

// A schema that cannot be read is a broken build, found by every test of this layer.
std::unique_ptr<valijson::Schema> parsed(std::string_view text) {
    auto schema = std::make_unique<valijson::Schema>();
    const auto document = parse_json(text);
    QUIETUS_CHECK(document.has_value());
    valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
    parser.populateSchema(NlohmannJsonAdapter{*document}, *schema);
    return schema;
}

// Each is read once, and only where it is needed.
const valijson::Schema& schema_for(const Json& record) {
    if (is_statement_type(string_member(record, "type").value_or(""))) {
        static const std::unique_ptr<valijson::Schema> kStatement = parsed(statement_schema());
        return *kStatement;
    }
    static const std::unique_ptr<valijson::Schema> kRecord = parsed(record_schema());
    return *kRecord;
}

std::string place_of(const valijson::ValidationResults::Error& fault) {
    std::string place;
    for (const std::string& part : fault.context) place += part;
    return printable_text(place);
}

}  // namespace

Result<void> check_record_schema(const Json& record) {
    try {
        valijson::ValidationResults results;
        valijson::Validator validator{valijson::Validator::kStrongTypes};
        if (validator.validate(schema_for(record), NlohmannJsonAdapter{record}, &results))
            return {};
        // The last is the innermost.
        std::string why = "does not have the shape of its type";
        valijson::ValidationResults::Error fault;
        if (results.popError(fault))
            why += ": " + place_of(fault) + ": " + printable_text(fault.description);
        return failure(ErrorCode::bad_evidence, "schema: " + why);
    } catch (const std::exception& fault) {  // the library's exceptions stop here
        return failure(ErrorCode::bad_evidence, "schema: " + printable_text(fault.what()));
    }
}

}  // namespace quietus::certs
