// What was done and what was read back.

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "certs/json_parts.h"
#include "certs/record_parts.h"
#include "record/json.h"

namespace quietus::certs {

namespace {

std::uint32_t sector_of(const EraseRecord& record) {
    return record.plan.target.geometry.logical_sector;
}

bool is_pass(const StepOutcome& step) {
    return std::holds_alternative<OverwritePass>(step.step);
}

Json throughput_of(const StepOutcome& step) {
    if (step.elapsed_ms == 0)
        return unavailable("the step took less than a millisecond or never ran");
    const std::uint64_t whole = step.bytes_done / step.elapsed_ms * 1000;
    return json_integer(whole + step.bytes_done % step.elapsed_ms * 1000 / step.elapsed_ms);
}

bool is_markers(const StepOutcome& step) {
    return std::holds_alternative<PlantMarkers>(step.step);
}

std::string kind_of(const StepOutcome& step) {
    if (is_pass(step)) return "overwrite";
    if (is_markers(step)) return "markers";
    return std::holds_alternative<HardwareErase>(step.step) ? "device-erase" : "read-back";
}

Json flush_part(const StepOutcome& step) {
    if (!is_pass(step) && !is_markers(step)) return unavailable("the step writes nothing itself");
    return step.flushed;
}

Json status_part(const DeviceStatus& status) {
    return {{"time", to_rfc3339(status.time)}, {"raw", to_hex(status.raw)}};
}

// The bytes that were sent and came back, so that anyone can decode them again.
Json device_part(const StepOutcome& step) {
    if (!step.device) return unavailable("block requests carry no answer beyond success or errno");
    const DeviceAnswer& answer = *step.device;
    Json after = Json::array();
    for (const DeviceStatus& status : answer.after) after.push_back(status_part(status));
    const auto& erase = std::get<HardwareErase>(step.step);
    const auto proof = prove_sanitize(answer, action_of(erase.command));
    return {{"command", to_hex(answer.command)},
            {"adopted", answer.adopted},
            {"completion", answer.completion ? Json(*answer.completion)
                                             : unavailable("no answer to the command came")},
            {"before", answer.before ? status_part(*answer.before)
                                     : unavailable("the status could not be read")},
            {"after", std::move(after)},
            {"proof", proof ? Json(proof->change())
                            : unavailable("not proved: " + printable_text(proof.error()))}};
}

// What must not be on the drive any more: seed and keystream make every marker again.
Json markers_part(const EraseRecord& record) {
    const auto planted = std::find_if(record.steps.begin(), record.steps.end(), is_markers);
    if (planted == record.steps.end() || !planted->keystream || !planted->sample_seed)
        return unavailable("markers are planted only before device commands");
    return {{"seed", to_hex(*planted->sample_seed)},
            {"algorithm", printable_text(planted->keystream->algorithm)},
            {"key", to_hex(planted->keystream->key)},
            {"nonce", to_hex(planted->keystream->nonce)},
            {"bytes", json_integer(planted->covered.total())}};
}

Json markers_seen_part(const EraseRecord& record) {
    const StepOutcome* planted = nullptr;
    for (const StepOutcome& step : record.steps) {
        if (is_markers(step)) planted = &step;
        const auto* read_back = std::get_if<ReadBack>(&step.step);
        if (planted == nullptr || read_back == nullptr || read_back->role != PassRole::device)
            continue;
        const std::uint32_t sector = sector_of(record);
        RangeSet unchanged = step.mismatched;
        const RangeSet elsewhere =
            planted->covered.complement(record.plan.target.geometry.addressable().bytes);
        for (const Range& range : elsewhere.ranges()) unchanged.subtract(range);
        RangeSet not_read = planted->covered;
        for (const Range& range : step.covered.ranges()) not_read.subtract(range);
        RangeSet read = planted->covered;
        for (const Range& range : not_read.ranges()) read.subtract(range);
        const std::uint64_t kept = unchanged.total() / sector;
        return {{"planted", json_integer(planted->covered.total() / sector)},
                {"changed", json_integer(read.total() / sector - kept)},
                {"unchanged", json_integer(kept)}};
    }
    return unavailable("no markers were looked for");
}

Json commands_part(const Technique& technique) {
    Json list = Json::array();
    for (const DeviceCommand command : technique.commands) list.push_back(to_string(command));
    return list;
}

// What belongs at the places a step wrote or read: `pass` is the step itself, or the pass before
// it.
Json pattern_parts(const StepOutcome& step, const StepOutcome* pass) {
    const auto* read_back = std::get_if<ReadBack>(&step.step);
    const bool of_device =
        read_back == nullptr ? !is_pass(step) : read_back->role == PassRole::device;
    if (of_device) {
        const Json nothing = unavailable("the step is no overwriting pass");
        return {{"role", "device"},
                {"pass", nothing},
                {"passes", nothing},
                {"pattern", is_markers(step) ? Json("keystream") : nothing},
                {"drawn_byte", nothing},
                {"keystream_algorithm",
                 step.keystream ? Json(printable_text(step.keystream->algorithm)) : nothing}};
    }
    if (pass == nullptr) {
        const Json nothing = unavailable("no pass was begun before it");
        return {{"role", nothing},    {"pass", nothing},       {"passes", nothing},
                {"pattern", nothing}, {"drawn_byte", nothing}, {"keystream_algorithm", nothing}};
    }
    const auto& written = std::get<OverwritePass>(pass->step);
    return {
        {"role", to_string(written.role)},
        {"pass", written.index},
        {"passes", written.of},
        {"pattern", to_string(written.pattern)},
        {"drawn_byte", pass->drawn_byte ? Json(to_hex({&*pass->drawn_byte, 1}))
                                        : unavailable("the pattern has no drawn byte")},
        {"keystream_algorithm", pass->keystream ? Json(printable_text(pass->keystream->algorithm))
                                                : unavailable("the pattern is no keystream")}};
}

Json step_part(const StepOutcome& step, const StepOutcome* pass, std::uint32_t sector) {
    Json json{
        {"index", step.index},
        {"kind", kind_of(step)},
        {"detail", text_or(to_string(step.step), "not described")},
        {"began", to_rfc3339(step.began)},
        {"ended", step.ended ? Json(to_rfc3339(*step.ended)) : unavailable("the step did not end")},
        {"elapsed_ms", json_integer(step.elapsed_ms)},
        {"bytes", json_integer(step.bytes_done)},
        {"bytes_promised", json_integer(step.bytes_promised)},
        {"throughput_bytes_per_s", throughput_of(step)},
        {"flushed", flush_part(step)},
        {"kept", sector_ranges(step.kept, sector)},
        {"failed", sector_ranges(step.failed, sector)},
        {"mismatched", sector_ranges(step.mismatched, sector)},
        {"unreadable", sector_ranges(step.unreadable, sector)},
        {"pace", to_json(step.pace)},
        {"device_said", device_part(step)},
        {"read_as", text_or(step.read_as, "only what a drive left of itself is described")},
        {"cause", text_or(step.cause, "nothing went wrong")},
        {"end", to_string(step.end)}};
    json.update(pattern_parts(step, pass));
    return json;
}

Json steps_part(const EraseRecord& record) {
    Json list = Json::array();
    const StepOutcome* pass = nullptr;
    for (const StepOutcome& step : record.steps) {
        if (is_pass(step)) pass = &step;
        list.push_back(step_part(step, pass, sector_of(record)));
    }
    return list;
}

const StepOutcome* last_pass_of(const EraseRecord& record) {
    const auto last = std::find_if(record.steps.rbegin(), record.steps.rend(), is_pass);
    return last == record.steps.rend() ? nullptr : &*last;
}

// The keystream the drive holds now; those of earlier passes are overwritten and prove nothing.
Json keystream_part(const EraseRecord& record) {
    const StepOutcome* last = last_pass_of(record);
    if (last == nullptr) return unavailable("no overwriting pass was begun");
    if (!last->keystream) return unavailable("the last pass begun writes a constant pattern");
    return {{"algorithm", printable_text(last->keystream->algorithm)},
            {"key", to_hex(last->keystream->key)},
            {"nonce", to_hex(last->keystream->nonce)},
            {"pass", std::get<OverwritePass>(last->step).index}};
}

// What a later look should find: the last pass begun, also where that is a blank pass.
Json left_on_drive_part(const EraseRecord& record) {
    const StepOutcome* last = last_pass_of(record);
    if (last == nullptr) return unavailable("no overwriting pass was begun");
    return {{"pattern", to_string(written_pattern(*last))},
            {"role", to_string(std::get<OverwritePass>(last->step).role)}};
}

Json passes_part(const Technique& technique) {
    Json list = Json::array();
    for (const Pattern& pattern : technique.passes) list.push_back(to_string(pattern));
    return list;
}

Json profile_part(const Technique& technique) {
    if (technique.profile_sha256.empty()) return unavailable("no own profile was used");
    return {{"sha256", technique.profile_sha256}, {"rounds", technique.rounds}};
}

std::string why_not_higher(const EraseRecord& record) {
    if (method_achieved(record) == "purge") return "purge is the highest method software reaches";
    if (record.verdict != Verdict::erased)
        return "the verdict is " + to_string(record.verdict) + ": " + printable_text(record.cause);
    std::string why;
    for (const Reason& reason : record.plan.reasons) {
        if (!reason.rule.starts_with("level.") && reason.rule != "technique.more-passes") continue;
        why += (why.empty() ? "" : "; ") + printable_text(reason.text);
    }
    return why.empty() ? "overwriting reaches only the sectors a host can address" : why;
}

Json references_part(const Technique& technique) {
    Json list = Json::array();
    for (const Citation& citation : technique.references) {
        list.push_back({{"document", printable_text(citation.document)},
                        {"edition", text_or(citation.edition, "not stated")},
                        {"status", text_or(citation.status, "not stated")},
                        {"relation", text_or(citation.relation, "not stated")}});
    }
    return list;
}

Json reasons_part(const std::vector<Reason>& reasons) {
    Json list = Json::array();
    for (const Reason& reason : reasons) {
        list.push_back({{"rule", printable_text(reason.rule)},
                        {"text", printable_text(reason.text)},
                        {"source", text_or(reason.source, "not stated")}});
    }
    return list;
}

Json consent_part(const EraseRecord& record) {
    Json accepted = Json::array();
    for (const Objection& objection : record.accepted)
        accepted.push_back(
            {{"rule", printable_text(objection.rule)}, {"what", printable_text(objection.what)}});
    return {{"means", to_string(record.consent_means)}, {"accepted", accepted}};
}

Json assurance_part(const EraseRecord& record) {
    const bool read_back = record.verification.outcome == VerificationOutcome::pass;
    const std::string erase =
        is_device_technique(record.plan.technique) ? "device_erase" : "overwrite";
    const bool by_host = erase == "overwrite";
    return {{erase, read_back && by_host ? "measured" : "device-reported"},
            {"flush", "device-reported"},
            {"read_back", record.verification.covered_bytes > 0 ? "measured" : "declared"},
            {"identity", "device-reported"},
            {"size", "device-reported"},
            {"areas_not_reached", "declared"}};
}

Json not_reached_part(const EraseRecord& record) {
    Json list = Json::array();
    for (const NotReached& part : record.plan.not_reached)
        list.push_back({{"what", printable_text(part.what)}, {"why", printable_text(part.why)}});
    return list;
}

Json not_verified_part(const EraseRecord& record) {
    Json list = not_reached_part(record);
    const Verification& seen = record.verification;
    if (seen.mode == VerifyMode::none)
        list.push_back({{"what", "every byte"},
                        {"why", planned_verify(record.plan) == VerifyMode::none
                                    ? "no verification was asked for"
                                    : "the erasure ended before the read-back"}});
    else if (seen.covered_bytes < seen.total_bytes) {
        list.push_back(
            {{"what", std::to_string(seen.total_bytes - seen.covered_bytes) + " bytes"},
             {"why", seen.mode == VerifyMode::sample ? "not in the sample"
                                                     : "not read back, or not readable"}});
    }
    return list;
}

Json sample_part(const EraseRecord& record) {
    if (record.verification.mode != VerifyMode::sample)
        return unavailable("not verified by sample");
    const auto deciding = deciding_read_back(record.plan.steps);
    for (const StepOutcome& step : record.steps) {
        const bool decides = deciding && static_cast<int>(*deciding) == step.index;
        if (!step.sample_seed || !decides) continue;
        return {{"seed", to_hex(*step.sample_seed)},
                {"seed_origin", "getrandom(2), drawn after the flush of the last pass"},
                {"subsections", json_integer(step.sample_subsections)},
                {"per_subsection", json_integer(step.sample_per_subsection)}};
    }
    return unavailable("the erasure ended before the sample of the last pass was drawn");
}

Json resumed_part(const std::vector<ResumedRun>& runs) {
    Json list = Json::array();
    for (const ResumedRun& run : runs) {
        list.push_back({{"record_id", printable_text(run.id)},
                        {"journal_sha256", run.journal_sha256},
                        {"started", to_rfc3339(run.started)},
                        {"boot_id", text_or(run.boot_id, "not known")},
                        {"cause", text_or(run.cause, "not known")},
                        {"kept_steps", json_integer(run.kept_steps)},
                        {"kept_bytes", json_integer(run.kept_bytes)}});
    }
    return list;
}

Json run_limits_part(const RunLimits& limits) {
    const auto limit = [](const std::optional<std::uint64_t>& value, const std::string& flag) {
        return value ? json_integer(*value) : unavailable("none was set (" + flag + ")");
    };
    return {{"max_rate", limit(limits.max_rate, "--max-rate")},
            {"min_rate", limit(limits.min_rate, "--min-rate")},
            {"deadline_s", limit(limits.deadline_s, "--deadline")},
            {"request_deadline_s", json_integer(limits.request_deadline_s)},
            {"bad_area_s", json_integer(limits.bad_area_s)},
            {"retries", json_integer(limits.retries)},
            {"direction", limits.backward ? "backward" : "forward"}};
}

}  // namespace

Json sanitization_part(const EraseRecord& record, const std::string& approved_standard) {
    const Plan& plan = record.plan;
    Json json{{"purpose", to_string(plan.goal.purpose)},
              {"purpose_is_default", plan.goal.purpose_is_default},
              {"method_requested", plan.goal.level
                                       ? Json(to_string(*plan.goal.level))
                                       : unavailable("none asked for: the best the drive offers")},
              {"method_planned", to_string(plan.level)},
              {"method_achieved", method_achieved(record)},
              {"why_not_higher", why_not_higher(record)},
              {"technique", printable_text(plan.technique.name)},
              {"technique_title", text_or(plan.technique.title, "not stated")},
              {"technique_is_default", plan.goal.technique_is_default},
              {"technique_status", text_or(plan.technique.status, "not stated")},
              {"technique_note", text_or(plan.technique.note, "nothing to note")},
              {"passes", passes_part(plan.technique)},
              {"commands", commands_part(plan.technique)},
              {"markers", markers_part(record)},
              {"profile", profile_part(plan.technique)},
              {"references", references_part(plan.technique)},
              {"reasons", reasons_part(plan.reasons)},
              {"plan_digest", plan_digest(plan)},
              {"consent", consent_part(record)},
              {"assurance", assurance_part(record)},
              {"keystream", keystream_part(record)},
              {"left_on_drive", left_on_drive_part(record)},
              {"started", to_rfc3339(record.started)},
              {"ended", to_rfc3339(record.ended)},
              {"run_limits", run_limits_part(record.limits)},
              {"resumed", resumed_part(record.resumed)},
              {"not_reached", not_reached_part(record)},
              {"unwritten", sector_ranges(record.unwritten, sector_of(record))},
              {"unwritten_bytes", json_integer(record.unwritten.total())},
              {"never_written", sector_ranges(record.never_written, sector_of(record))},
              {"never_written_bytes", json_integer(record.never_written.total())}};
    json["policy"] = {
        {"name", kPolicyName},
        {"version", kPolicyVersion},
        {"approved_by", approved_standard.empty()
                            ? "quietus default policy, not approved by your organisation"
                            : printable_text(approved_standard)},
        {"mapping", "method mapping: " + std::string{kPolicyName} + " v" +
                        std::string{kPolicyVersion} +
                        ", derived from the documents under references"}};
    json["steps"] = steps_part(record);
    return json;
}

Json verification_part(const EraseRecord& record) {
    const Verification& seen = record.verification;
    Json caches = Json::array();
    if (seen.covered_bytes > 0) {
        for (const std::string& cache : record.plan.caches_not_bypassed)
            caches.push_back(printable_text(cache));
    }
    return {{"class", to_string(seen.mode)},
            {"tool", printable_text(record.tool.name + " " + record.tool.version) +
                         ", the tool that erased"},
            {"expected", text_or(seen.expected, "nothing was read back")},
            {"covered_bytes", json_integer(seen.covered_bytes)},
            {"total_bytes", json_integer(seen.total_bytes)},
            {"mismatched", sector_ranges(seen.mismatched, sector_of(record))},
            {"mismatched_bytes", json_integer(seen.mismatched.total())},
            {"unreadable", sector_ranges(seen.unreadable, sector_of(record))},
            {"unreadable_bytes", json_integer(seen.unreadable.total())},
            {"not_verified", not_verified_part(record)},
            {"sample", sample_part(record)},
            {"markers", markers_seen_part(record)},
            {"caches_not_bypassed", caches},
            {"outcome", to_string(seen.outcome)}};
}

}  // namespace quietus::certs
