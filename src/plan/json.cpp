#include "plan/json.h"

#include <limits>

#include "base/bytes.h"
#include "device/json.h"

namespace quietus {

namespace {

constexpr const char* kSchema = "quietus/plan/1";

// A word of the command line that a file holds: what was usage there is bad evidence here.
template <class T>
Result<T> word_member(const Json& object, const std::string& key,
                      Result<T> (*parse)(std::string_view)) {
    auto value = parse(QUIETUS_TRY(string_member(object, key)));
    if (!value)
        return failure(ErrorCode::bad_evidence, "\"" + key + "\": " + value.error().message);
    return value;
}

Result<int> read_count(const Json& json) {
    const std::uint64_t value = QUIETUS_TRY(integer_from(json, "count"));
    if (value > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
        return failure(ErrorCode::bad_evidence, "a count is too large");
    }
    return static_cast<int>(value);
}

Result<int> count_member(const Json& object, const std::string& key) {
    return value_member(object, key, read_count);
}

Json write(const Citation& citation) {
    return {{"document", text_to_json(citation.document)},
            {"edition", text_to_json(citation.edition)},
            {"status", text_to_json(citation.status)},
            {"relation", text_to_json(citation.relation)}};
}

Result<Citation> read_citation(const Json& json) {
    Citation value;
    value.document = QUIETUS_TRY(text_member(json, "document"));
    value.edition = QUIETUS_TRY(text_member(json, "edition"));
    value.status = QUIETUS_TRY(text_member(json, "status"));
    value.relation = QUIETUS_TRY(text_member(json, "relation"));
    return value;
}

Json write(const Reason& reason) {
    return {{"rule", text_to_json(reason.rule)},
            {"text", text_to_json(reason.text)},
            {"source", text_to_json(reason.source)}};
}

Result<Reason> read_reason(const Json& json) {
    Reason value;
    value.rule = QUIETUS_TRY(text_member(json, "rule"));
    value.text = QUIETUS_TRY(text_member(json, "text"));
    value.source = QUIETUS_TRY(text_member(json, "source"));
    return value;
}

Json write(const NotReached& place) {
    return {{"what", text_to_json(place.what)}, {"why", text_to_json(place.why)}};
}

Result<NotReached> read_not_reached(const Json& json) {
    NotReached value;
    value.what = QUIETUS_TRY(text_member(json, "what"));
    value.why = QUIETUS_TRY(text_member(json, "why"));
    return value;
}

Json write(const Pattern& pattern) {
    return to_string(pattern);
}

Result<Pattern> read_pattern(const Json& json) {
    if (!json.is_string()) return failure(ErrorCode::bad_evidence, "pattern is not a string");
    auto pattern = parse_pattern(json.get<std::string>());
    if (!pattern) return failure(ErrorCode::bad_evidence, pattern.error().message);
    return pattern;
}

Json write(const DeviceCommand& command) {
    return to_string(command);
}

Result<DeviceCommand> read_command(const Json& json) {
    if (!json.is_string()) return failure(ErrorCode::bad_evidence, "command is not a string");
    auto command = parse_device_command(json.get<std::string>());
    if (!command) return failure(ErrorCode::bad_evidence, command.error().message);
    return command;
}

Json write_plan_body(const Plan& plan) {
    return {{"schema", kSchema},
            {"policy", {{"name", kPolicyName}, {"version", kPolicyVersion}}},
            {"digest", plan_digest(plan)},
            {"target", to_json(plan.target)},
            {"goal", to_json(plan.goal)},
            {"technique", to_json(plan.technique)},
            {"level", to_string(plan.level)},
            {"estimate_s", json_integer(plan.estimate_s)},
            {"estimate_basis", text_to_json(plan.estimate_basis)}};
}

}  // namespace

Json text_to_json(const std::string& text) {
    if (printable_text(text) == text) return text;
    return {{"hex", to_hex(bytes_of(text))}};
}

Result<std::string> text_from_json(const Json& json) {
    if (json.is_string()) return json.get<std::string>();
    const std::string hex = QUIETUS_TRY(string_member(json, "hex"));
    const auto bytes = from_hex(hex);
    if (!bytes) return failure(ErrorCode::bad_evidence, bytes.error().message);
    return text_of(*bytes);
}

Result<std::string> text_member(const Json& object, const std::string& key) {
    return value_member(object, key, text_from_json);
}

Json to_json(const Goal& goal) {
    return {{"purpose", to_string(goal.purpose)},
            {"purpose_is_default", goal.purpose_is_default},
            {"level", goal.level ? Json(to_string(*goal.level)) : Json(nullptr)},
            {"technique", text_to_json(goal.technique)},
            {"technique_is_default", goal.technique_is_default},
            {"profile", goal.profile ? to_json(*goal.profile) : Json(nullptr)},
            {"verify", to_string(goal.verify)},
            {"verify_each", goal.verify_each},
            {"prove", goal.prove},
            {"blank", goal.blank},
            {"also_overwrite", goal.also_overwrite}};
}

Result<Goal> goal_from_json(const Json& json) {
    Goal goal;
    goal.purpose = QUIETUS_TRY(word_member(json, "purpose", parse_purpose));
    goal.purpose_is_default = QUIETUS_TRY(bool_member(json, "purpose_is_default"));
    const Json level = QUIETUS_TRY(member(json, "level"));
    if (!level.is_null()) goal.level = QUIETUS_TRY(word_member(json, "level", parse_level));
    goal.technique = QUIETUS_TRY(text_member(json, "technique"));
    goal.technique_is_default = QUIETUS_TRY(bool_member(json, "technique_is_default"));
    const Json profile = QUIETUS_TRY(member(json, "profile"));
    if (!profile.is_null())
        goal.profile = QUIETUS_TRY_CONTEXT(technique_from_json(profile), "profile");
    goal.verify = QUIETUS_TRY(word_member(json, "verify", parse_verify_mode));
    goal.verify_each = QUIETUS_TRY(bool_member(json, "verify_each"));
    goal.prove = QUIETUS_TRY(bool_member(json, "prove"));
    goal.blank = QUIETUS_TRY(bool_member(json, "blank"));
    goal.also_overwrite = QUIETUS_TRY(bool_member(json, "also_overwrite"));
    return goal;
}

Json to_json(const Technique& technique) {
    return {{"name", text_to_json(technique.name)},
            {"title", text_to_json(technique.title)},
            {"passes", list_to_json<Pattern>(technique.passes, write)},
            {"references", list_to_json<Citation>(technique.references, write)},
            {"verified", technique.verified},
            {"status", text_to_json(technique.status)},
            {"note", text_to_json(technique.note)},
            {"level", to_string(technique.level)},
            {"rounds", technique.rounds},
            {"profile_sha256", technique.profile_sha256},
            {"commands", list_to_json<DeviceCommand>(technique.commands, write)}};
}

Result<Technique> technique_from_json(const Json& json) {
    Technique value;
    value.name = QUIETUS_TRY(text_member(json, "name"));
    value.title = QUIETUS_TRY(text_member(json, "title"));
    value.passes = QUIETUS_TRY(list_member(json, "passes", read_pattern));
    value.commands = QUIETUS_TRY(list_member(json, "commands", read_command));
    if (value.passes.empty() == value.commands.empty() || value.passes.size() > kPassesMax)
        return failure(ErrorCode::bad_evidence, "a technique without passes, or with too many");
    value.references = QUIETUS_TRY(list_member(json, "references", read_citation));
    value.verified = QUIETUS_TRY(list_member(json, "verified", read_count));
    value.status = QUIETUS_TRY(text_member(json, "status"));
    value.note = QUIETUS_TRY(text_member(json, "note"));
    value.level = QUIETUS_TRY(word_member(json, "level", parse_level));
    value.rounds = QUIETUS_TRY(count_member(json, "rounds"));
    value.profile_sha256 = QUIETUS_TRY(string_member(json, "profile_sha256"));
    return value;
}

Json to_json(const Step& step) {
    if (const auto* pass = std::get_if<OverwritePass>(&step)) {
        return {{"do", "overwrite"},
                {"index", pass->index},
                {"of", pass->of},
                {"pattern", write(pass->pattern)},
                {"role", to_string(pass->role)}};
    }
    if (std::holds_alternative<PlantMarkers>(step)) return {{"do", "plant-markers"}};
    if (const auto* erase = std::get_if<HardwareErase>(&step))
        return {{"do", "hardware-erase"}, {"command", write(erase->command)}};
    const ReadBack& read_back = std::get<ReadBack>(step);
    return {{"do", "read-back"},
            {"mode", to_string(read_back.mode)},
            {"pass", read_back.pass},
            {"role", to_string(read_back.role)}};
}

Result<Step> step_from_json(const Json& json) {
    const std::string what = QUIETUS_TRY(string_member(json, "do"));
    if (what == "overwrite") {
        OverwritePass pass;
        pass.index = QUIETUS_TRY(count_member(json, "index"));
        pass.of = QUIETUS_TRY(count_member(json, "of"));
        pass.pattern = QUIETUS_TRY(value_member(json, "pattern", read_pattern));
        pass.role = QUIETUS_TRY(word_member(json, "role", parse_pass_role));
        return pass;
    }
    if (what == "read-back") {
        ReadBack read_back;
        read_back.mode = QUIETUS_TRY(word_member(json, "mode", parse_verify_mode));
        read_back.pass = QUIETUS_TRY(count_member(json, "pass"));
        read_back.role = QUIETUS_TRY(word_member(json, "role", parse_pass_role));
        return read_back;
    }
    if (what == "plant-markers") return PlantMarkers{};
    if (what == "hardware-erase")
        return HardwareErase{QUIETUS_TRY(value_member(json, "command", read_command))};
    return failure(ErrorCode::bad_evidence, "unknown step '" + printable_text(what) + "'");
}

Json to_json(const Plan& plan) {
    Json json = write_plan_body(plan);
    json["steps"] = list_to_json<Step>(plan.steps, to_json);
    json["reasons"] = list_to_json<Reason>(plan.reasons, write);
    json["not_reached"] = list_to_json<NotReached>(plan.not_reached, write);
    json["caches_not_bypassed"] = list_to_json<std::string>(plan.caches_not_bypassed, text_to_json);
    return json;
}

Result<Plan> plan_from_json(const Json& json) {
    if (QUIETUS_TRY(string_member(json, "schema")) != kSchema) {
        return failure(ErrorCode::bad_evidence, "not a plan of this version");
    }
    Plan plan;
    plan.target = QUIETUS_TRY(value_member(json, "target", snapshot_from_json));
    plan.goal = QUIETUS_TRY(value_member(json, "goal", goal_from_json));
    plan.technique = QUIETUS_TRY(value_member(json, "technique", technique_from_json));
    plan.level = QUIETUS_TRY(word_member(json, "level", parse_level));
    plan.steps = QUIETUS_TRY(list_member(json, "steps", step_from_json));
    plan.reasons = QUIETUS_TRY(list_member(json, "reasons", read_reason));
    plan.not_reached = QUIETUS_TRY(list_member(json, "not_reached", read_not_reached));
    plan.caches_not_bypassed =
        QUIETUS_TRY(list_member(json, "caches_not_bypassed", text_from_json));
    plan.estimate_s = QUIETUS_TRY(integer_member(json, "estimate_s"));
    plan.estimate_basis = QUIETUS_TRY(text_member(json, "estimate_basis"));
    if (QUIETUS_TRY(string_member(json, "digest")) != plan_digest(plan)) {
        return failure(ErrorCode::bad_evidence, "the plan is not the one its digest was made of");
    }
    return plan;
}

}  // namespace quietus
