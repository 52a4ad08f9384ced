#pragma once
// How a call ended, as JSON: the same members in events and in the summary.

#include "app/observer.h"
#include "base/json.h"

namespace quietus::app {

/// rule, severity, exit, what, remedy
Json objection_fields(const Objection& objection);
/// device, model, serial, size_bytes, verdict, media_state, exit, cause, next_action, id, evidence,
/// and, of a drive that was begun, started, ended, bytes_written, write_rate, bytes_read, read_rate
Json result_fields(const DriveResult& result);
/// exit, what, remedy
Json error_fields(const Error& error);

}  // namespace quietus::app
