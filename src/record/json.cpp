#include "record/json.h"

#include "base/bytes.h"

namespace quietus {

namespace {

Result<Bytes> hex_member(const Json& json, const std::string& key) {
    auto bytes = from_hex(QUIETUS_TRY(string_member(json, key)));
    if (!bytes)
        return failure(ErrorCode::bad_evidence, "\"" + key + "\": " + bytes.error().message);
    return bytes;
}

Result<UtcTime> time_member(const Json& json, const std::string& key) {
    return parse_rfc3339(QUIETUS_TRY(string_member(json, key)));
}

}  // namespace

Json to_json(const RangeSet& ranges) {
    Json list = Json::array();
    for (const Range& range : ranges.ranges())
        list.push_back(Json::array({json_integer(range.first), json_integer(range.count)}));
    return list;
}

Result<RangeSet> ranges_from_json(const Json& json) {
    if (!json.is_array()) return failure(ErrorCode::bad_evidence, "ranges are not a list");
    RangeSet ranges;
    for (const Json& pair : json) {
        if (!pair.is_array() || pair.size() != 2)
            return failure(ErrorCode::bad_evidence, "a range is not [first, count]");
        const std::uint64_t first = QUIETUS_TRY(integer_from(pair[0], "range"));
        const std::uint64_t count = QUIETUS_TRY(integer_from(pair[1], "range"));
        if (!checked_add(first, count)) return failure(ErrorCode::bad_evidence, "a range wraps");
        ranges.add({first, count});
    }
    return ranges;
}

Json to_json(const Keystream& keystream) {
    return {{"algorithm", keystream.algorithm},
            {"key", to_hex(keystream.key)},
            {"nonce", to_hex(keystream.nonce)}};
}

Result<Keystream> keystream_from_json(const Json& json) {
    Keystream keystream;
    keystream.algorithm = QUIETUS_TRY(string_member(json, "algorithm"));
    keystream.key = QUIETUS_TRY(hex_member(json, "key"));
    keystream.nonce = QUIETUS_TRY(hex_member(json, "nonce"));
    return keystream;
}

Json to_json(const Pace& pace) {
    Json speeds = Json::array();
    for (const std::uint64_t speed : pace.kib_per_s) speeds.push_back(json_integer(speed));
    return {{"failed_requests", json_integer(pace.failed_requests)},
            {"retried", json_integer(pace.retried)},
            {"slowest_request_ms", json_integer(pace.slowest_ms)},
            {"kib_per_s_by_64th", std::move(speeds)}};
}

Result<Pace> pace_from_json(const Json& json) {
    Pace pace;
    pace.failed_requests = QUIETUS_TRY(integer_member(json, "failed_requests"));
    pace.retried = QUIETUS_TRY(integer_member(json, "retried"));
    pace.slowest_ms = QUIETUS_TRY(integer_member(json, "slowest_request_ms"));
    const Json speeds = QUIETUS_TRY(member(json, "kib_per_s_by_64th"));
    if (!speeds.is_array() || speeds.size() > kPaceParts)
        return failure(ErrorCode::bad_evidence,
                       "speeds are not a list of at most " + std::to_string(kPaceParts));
    for (const Json& speed : speeds)
        pace.kib_per_s.push_back(QUIETUS_TRY(integer_from(speed, "speed")));
    return pace;
}

Json to_json(const StepOutcome& outcome) {
    Json json{{"index", outcome.index},
              {"began", to_rfc3339(outcome.began)},
              {"bytes_done", json_integer(outcome.bytes_done)},
              {"bytes_promised", json_integer(outcome.bytes_promised)},
              {"elapsed_ms", json_integer(outcome.elapsed_ms)},
              {"flushed", outcome.flushed},
              {"end", to_string(outcome.end)},
              {"covered", to_json(outcome.covered)},
              {"failed", to_json(outcome.failed)},
              {"mismatched", to_json(outcome.mismatched)},
              {"unreadable", to_json(outcome.unreadable)},
              {"kept", to_json(outcome.kept)},
              {"pace", to_json(outcome.pace)},
              {"engine", outcome.engine},
              {"cause", printable_text(outcome.cause)}};
    if (!outcome.read_as.empty()) json["read_as"] = outcome.read_as;
    if (outcome.device) json["device"] = to_json(*outcome.device);
    if (outcome.ended) json["ended"] = to_rfc3339(*outcome.ended);
    if (outcome.keystream) json["keystream"] = to_json(*outcome.keystream);
    if (outcome.drawn_byte) json["drawn_byte"] = to_hex({&*outcome.drawn_byte, 1});
    if (outcome.sample_seed) {
        json["sample"] = {{"seed", to_hex(*outcome.sample_seed)},
                          {"subsections", json_integer(outcome.sample_subsections)},
                          {"per_subsection", json_integer(outcome.sample_per_subsection)}};
    }
    return json;
}

Result<StepOutcome> outcome_from_json(const Json& json, const Plan& plan) {
    StepOutcome outcome;
    const std::uint64_t index = QUIETUS_TRY(integer_member(json, "index"));
    if (index >= plan.steps.size())
        return failure(ErrorCode::bad_evidence, "a step the plan does not have");
    outcome.index = static_cast<int>(index);
    outcome.step = plan.steps[index];
    outcome.began = QUIETUS_TRY(time_member(json, "began"));
    outcome.bytes_done = QUIETUS_TRY(integer_member(json, "bytes_done"));
    outcome.bytes_promised = QUIETUS_TRY(integer_member(json, "bytes_promised"));
    outcome.elapsed_ms = QUIETUS_TRY(integer_member(json, "elapsed_ms"));
    outcome.flushed = QUIETUS_TRY(bool_member(json, "flushed"));
    outcome.end = QUIETUS_TRY(parse_step_end(QUIETUS_TRY(string_member(json, "end"))));
    outcome.covered = QUIETUS_TRY(ranges_from_json(QUIETUS_TRY(member(json, "covered"))));
    outcome.failed = QUIETUS_TRY(ranges_from_json(QUIETUS_TRY(member(json, "failed"))));
    outcome.mismatched = QUIETUS_TRY(ranges_from_json(QUIETUS_TRY(member(json, "mismatched"))));
    outcome.unreadable = QUIETUS_TRY(ranges_from_json(QUIETUS_TRY(member(json, "unreadable"))));
    outcome.kept = QUIETUS_TRY(ranges_from_json(QUIETUS_TRY(member(json, "kept"))));
    outcome.pace = QUIETUS_TRY(pace_from_json(QUIETUS_TRY(member(json, "pace"))));
    outcome.engine = QUIETUS_TRY(string_member(json, "engine"));
    outcome.cause = QUIETUS_TRY(string_member(json, "cause"));
    if (json.contains("ended")) outcome.ended = QUIETUS_TRY(time_member(json, "ended"));
    if (json.contains("read_as")) outcome.read_as = QUIETUS_TRY(string_member(json, "read_as"));
    if (json.contains("device"))
        outcome.device = QUIETUS_TRY(device_answer_from_json(json["device"]));
    if (json.contains("keystream"))
        outcome.keystream = QUIETUS_TRY(keystream_from_json(json["keystream"]));
    if (json.contains("drawn_byte")) {
        const Bytes byte = QUIETUS_TRY(hex_member(json, "drawn_byte"));
        if (byte.size() != 1) return failure(ErrorCode::bad_evidence, "a drawn byte is one byte");
        outcome.drawn_byte = byte.front();
    }
    if (json.contains("sample")) {
        outcome.sample_seed = QUIETUS_TRY(hex_member(json["sample"], "seed"));
        outcome.sample_subsections = QUIETUS_TRY(integer_member(json["sample"], "subsections"));
        outcome.sample_per_subsection =
            QUIETUS_TRY(integer_member(json["sample"], "per_subsection"));
    }
    return outcome;
}

Json to_json(const HostFacts& facts) {
    Json missing = Json::array();
    for (const auto& [field, why] : facts.missing) missing.push_back(Json::array({field, why}));
    Json pcrs = Json::array();
    for (const auto& [number, digest] : facts.tpm_pcrs)
        pcrs.push_back(Json::array({number, digest}));
    Json json{{"missing", missing}, {"tpm_pcrs", pcrs}};
    for (const HostText& row : kHostTexts) json[row.name] = facts.*row.text;
    return json;
}

Result<HostFacts> host_facts_from_json(const Json& json) {
    HostFacts facts;
    for (const HostText& row : kHostTexts)
        facts.*row.text = QUIETUS_TRY(string_member(json, row.name));
    const Json missing = QUIETUS_TRY(member(json, "missing"));
    for (const Json& pair : missing) {
        if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string())
            return failure(ErrorCode::bad_evidence, "host facts: malformed \"missing\"");
        facts.missing.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
    }
    const Json pcrs = QUIETUS_TRY(member(json, "tpm_pcrs"));
    for (const Json& pair : pcrs) {
        if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number_unsigned() ||
            !pair[1].is_string())
            return failure(ErrorCode::bad_evidence, "host facts: malformed \"tpm_pcrs\"");
        facts.tpm_pcrs.emplace_back(pair[0].get<unsigned>(), pair[1].get<std::string>());
    }
    return facts;
}

Json to_json(const ToolFacts& facts) {
    return {{"name", facts.name},     {"version", facts.version},
            {"commit", facts.commit}, {"binary_sha256", facts.binary_sha256},
            {"build", facts.build},   {"selftest", facts.selftest}};
}

Result<ToolFacts> tool_facts_from_json(const Json& json) {
    ToolFacts facts;
    facts.name = QUIETUS_TRY(string_member(json, "name"));
    facts.version = QUIETUS_TRY(string_member(json, "version"));
    facts.commit = QUIETUS_TRY(string_member(json, "commit"));
    facts.binary_sha256 = QUIETUS_TRY(string_member(json, "binary_sha256"));
    facts.build = QUIETUS_TRY(string_member(json, "build"));
    facts.selftest = QUIETUS_TRY(string_member(json, "selftest"));
    return facts;
}

Json to_json(const OperatorFacts& facts) {
    return {{"declared", facts.declared},
            {"title", facts.title},
            {"contact", facts.contact},
            {"authenticated_by", facts.authenticated_by},
            {"login_uid", facts.login_uid}};
}

Result<OperatorFacts> operator_facts_from_json(const Json& json) {
    OperatorFacts facts;
    facts.declared = QUIETUS_TRY(string_member(json, "declared"));
    facts.title = QUIETUS_TRY(string_member(json, "title"));
    facts.contact = QUIETUS_TRY(string_member(json, "contact"));
    facts.authenticated_by = QUIETUS_TRY(string_member(json, "authenticated_by"));
    facts.login_uid = QUIETUS_TRY(string_member(json, "login_uid"));
    return facts;
}

Json to_json(const OrderFacts& facts) {
    Json json{{"manifest_sha256", facts.manifest_sha256},
              {"manifest_line", json_integer(facts.manifest_line)}};
    for (const OrderText& row : kOrderTexts) json[row.name] = facts.*row.text;
    return json;
}

Result<OrderFacts> order_facts_from_json(const Json& json) {
    OrderFacts facts;
    for (const OrderText& row : kOrderTexts)
        facts.*row.text = QUIETUS_TRY(string_member(json, row.name));
    facts.manifest_sha256 = QUIETUS_TRY(string_member(json, "manifest_sha256"));
    facts.manifest_line = QUIETUS_TRY(integer_member(json, "manifest_line"));
    return facts;
}

// What was not limited is not there.
Json to_json(const RunLimits& limits) {
    Json json{{"request_deadline_s", json_integer(limits.request_deadline_s)},
              {"bad_area_s", json_integer(limits.bad_area_s)},
              {"retries", json_integer(limits.retries)},
              {"backward", limits.backward}};
    if (limits.max_rate) json["max_rate"] = json_integer(*limits.max_rate);
    if (limits.min_rate) json["min_rate"] = json_integer(*limits.min_rate);
    if (limits.deadline_s) json["deadline_s"] = json_integer(*limits.deadline_s);
    return json;
}

Result<RunLimits> run_limits_from_json(const Json& json) {
    RunLimits limits;
    limits.request_deadline_s = QUIETUS_TRY(integer_member(json, "request_deadline_s"));
    limits.bad_area_s = QUIETUS_TRY(integer_member(json, "bad_area_s"));
    limits.retries = QUIETUS_TRY(integer_member(json, "retries"));
    limits.backward = QUIETUS_TRY(bool_member(json, "backward"));
    for (auto& [key, value] :
         {std::pair<const char*, std::optional<std::uint64_t>*>{"max_rate", &limits.max_rate},
          {"min_rate", &limits.min_rate},
          {"deadline_s", &limits.deadline_s}}) {
        if (json.contains(key)) *value = QUIETUS_TRY(integer_member(json, key));
    }
    return limits;
}

Json to_json(const Attempt& attempt) {
    return {{"id", attempt.id},
            {"started", to_rfc3339(attempt.started)},
            {"verdict", to_string(attempt.verdict)},
            {"cause", printable_text(attempt.cause)}};
}

Result<Attempt> attempt_from_json(const Json& json) {
    Attempt attempt;
    attempt.id = QUIETUS_TRY(string_member(json, "id"));
    attempt.started = QUIETUS_TRY(time_member(json, "started"));
    attempt.verdict = QUIETUS_TRY(parse_verdict(QUIETUS_TRY(string_member(json, "verdict"))));
    attempt.cause = QUIETUS_TRY(string_member(json, "cause"));
    return attempt;
}

Json to_json(const ResumedRun& run) {
    return {{"id", run.id},
            {"journal_sha256", run.journal_sha256},
            {"started", to_rfc3339(run.started)},
            {"boot_id", printable_text(run.boot_id)},
            {"cause", printable_text(run.cause)},
            {"kept_steps", json_integer(run.kept_steps)},
            {"kept_bytes", json_integer(run.kept_bytes)}};
}

Result<ResumedRun> resumed_run_from_json(const Json& json) {
    ResumedRun run;
    run.id = QUIETUS_TRY(string_member(json, "id"));
    run.journal_sha256 = QUIETUS_TRY(string_member(json, "journal_sha256"));
    run.started = QUIETUS_TRY(time_member(json, "started"));
    run.boot_id = QUIETUS_TRY(string_member(json, "boot_id"));
    run.cause = QUIETUS_TRY(string_member(json, "cause"));
    run.kept_steps = QUIETUS_TRY(integer_member(json, "kept_steps"));
    run.kept_bytes = QUIETUS_TRY(integer_member(json, "kept_bytes"));
    return run;
}

}  // namespace quietus
