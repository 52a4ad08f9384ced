#include "app/result_fields.h"

#include "base/bytes.h"

namespace quietus::app {

namespace {

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(printable_text(text));
}

}  // namespace

Json objection_fields(const Objection& objection) {
    return {{"rule", objection.rule},
            {"severity", to_string(objection.severity)},
            {"exit", to_int(objection.status)},
            {"what", printable_text(objection.what)},
            {"remedy", printable_text(objection.remedy)}};
}

Json result_fields(const DriveResult& result) {
    Json json{{"device", printable_text(result.path)},
              {"model", result.model},
              {"serial", result.serial},
              {"size_bytes", json_integer(result.size)},
              {"verdict", result.verdict ? Json(to_string(*result.verdict)) : Json(nullptr)},
              {"media_state", to_string(result.media_state)},
              {"exit", to_int(result.status)},
              {"cause", printable_text(result.cause)},
              {"next_action", printable_text(result.next_action)},
              {"id", text_or_null(result.id)},
              {"evidence", text_or_null(result.folder)}};
    if (!result.started || !result.ended) return json;
    json["started"] = to_rfc3339(*result.started);
    json["ended"] = to_rfc3339(*result.ended);
    json["bytes_written"] = json_integer(result.bytes_written);
    json["write_rate"] = json_integer(rate_of(result.bytes_written, result.write_ms));
    json["bytes_read"] = json_integer(result.bytes_read);
    json["read_rate"] = json_integer(rate_of(result.bytes_read, result.read_ms));
    return json;
}

Json error_fields(const Error& error) {
    return {{"exit", to_int(exit_status_of(error))},
            {"what", printable_text(error.message)},
            {"remedy", printable_text(error.hint)}};
}

}  // namespace quietus::app
