#pragma once
// The worker's side of an erase: takes the drive, waits for the word, runs the plan. And the words
// both sides use.

#include <string_view>

#include "base/utc_time.h"
#include "engine/run.h"
#include "guard/guard.h"
#include "host/host.h"

namespace quietus::app {

/// Supervisor → worker, one byte each.
enum class Command : char {
    go = 'g',      ///< Every drive of the call is taken: begin.
    ack = 'a',     ///< What you announced is on stable storage.
    refuse = 'n',  ///< It is not: do not run the step.
    stop = 's',    ///< End as interrupted: a signal, or nothing is to be erased after all.
    stop_at_deadline = 'd',  ///< The same, because --deadline has passed.
    stop_as_asked = 'h',     ///< The same, because quietus stop asked for it.
};
/// What an interrupted step gives as its cause.
std::string_view stop_reason(Command command);

/// Worker → supervisor: JSON lines. "begin" and "end" are the journal's own events
/// (engine/events.h).
///   {"event":"taken"} · {"event":"refused","objections":[…]} ·
///   {"event":"progress","step","covered"} · {"event":"flushing"} ·
///   {"event":"finished","identity_confirmed","hung","cause"}
void serve_erase(int socket, Host& host, guard::ApprovedPlan plan, int supervisor,
                 const Clock& clock, const engine::RunOptions& options);

}  // namespace quietus::app
