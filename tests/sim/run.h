#pragma once
// Runs a case on drives in memory, from the plan to the record, and keeps all that was seen.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/continuation.h"
#include "engine/run.h"
#include "sim/case.h"
#include "support/memory_host.h"

namespace quietus::sim {

/// One step as it was reported, and what the drive's diary had at its beginning and its end.
struct SeenStep {
    StepOutcome outcome;  ///< As it ended; as it began where it did not end.
    bool ended{false};    ///< ... in the journal.
    std::size_t deeds_from{0}, deeds_to{0};
    RangeSet journalled;  ///< By the last checkpoint of it.
    std::chrono::nanoseconds took{0};
};

/// One run of the case, the first or one that carries it on.
struct Leg {
    std::optional<engine::Continuation> continues;
    std::size_t deeds_from{0}, deeds_to{0};
    std::vector<std::uint64_t> strikes;  ///< Of each rule, in this leg.
    std::vector<Objection> objections;   ///< It was refused, where there are some.
    std::vector<SeenStep> steps;
    std::optional<Break::How> broke;    ///< How it was broken off, where it was.
    std::optional<engine::RunEnd> end;  ///< Nothing where the worker did not live to say.
    bool facts_changed{false};          ///< The drive says other things of itself at its end.
    bool out_of_time{false};            ///< It would have gone on for ever.
    Bytes content;                      ///< At its beginning, where it carries one on.
    std::string text;
    std::optional<EraseRecord> record;  ///< Folded from its journal.
    std::string no_record;              ///< Why there is none.
};

struct Story {
    Case what;
    std::unique_ptr<test::MemoryHost> host;  ///< Drive 0 is the target.
    Bytes old, old_of_other;
    std::vector<Leg> legs;
    std::string broken_journal;  ///< Why a run could not be carried on although it should have.

    const test::MemoryDrive& drive() const { return host->drive(0); }
    const Leg& last() const { return legs.back(); }
    /// Of all legs.
    std::uint64_t strikes(std::size_t rule) const;
};

Story run_case(const Case& what);

}  // namespace quietus::sim
