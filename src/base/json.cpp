#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace quietus {

namespace {

constexpr std::uint64_t kSafeInteger = std::uint64_t{1} << 53U;

// Builds a Json value while refusing what our formats do not hold.
class StrictBuilder : public nlohmann::json_sax<Json> {
  public:
    Json root;
    std::string fault;

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t /*value*/, const string_t& text) override {
        return refuse("floating point: " + text);
    }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t& /*value*/) override { return refuse("binary value"); }
    bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
    bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        if (std::any_of(name.begin(), name.end(), [](char c) { return c < 0x20 || c > 0x7E; }))
            return refuse("key is not printable ASCII");
        if (!open_.back()->is_object() || open_.back()->contains(name))
            return refuse("duplicate key \"" + name + "\"");
        key_ = name;
        return true;
    }
    bool parse_error(std::size_t position, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*e*/) override {
        return refuse("not JSON at byte " + std::to_string(position));
    }

  private:
    bool refuse(std::string why) {
        if (fault.empty()) fault = std::move(why);
        return false;
    }
    Json* place(Json value) {
        if (open_.empty()) {
            root = std::move(value);
            return &root;
        }
        if (open_.back()->is_array()) {
            open_.back()->push_back(std::move(value));
            return &open_.back()->back();
        }
        Json& slot = (*open_.back())[key_];
        slot = std::move(value);
        return &slot;
    }
    bool put(Json value) {
        place(std::move(value));
        return true;
    }
    bool open(Json value) {
        if (open_.size() >= static_cast<std::size_t>(kJsonDepthMax))
            return refuse("nested too deeply");
        open_.push_back(place(std::move(value)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    std::vector<Json*> open_;
    std::string key_;
};

// NOLINTNEXTLINE(misc-no-recursion): as deep as the value, which dump() walks the same way
bool holds_float(const Json& value) {
    if (value.is_number_float() || value.is_binary()) return true;
    if (!value.is_structured()) return false;
    for (const Json& part : value) {
        if (holds_float(part)) return true;
    }
    return false;
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
    StrictBuilder builder;
    if (!Json::sax_parse(text.begin(), text.end(), &builder, Json::input_format_t::json,
                         /*strict=*/true) ||
        !builder.fault.empty()) {
        return failure(ErrorCode::bad_evidence, builder.fault.empty() ? "not JSON" : builder.fault);
    }
    return std::move(builder.root);
}

std::string canonical_json(const Json& value) {
    QUIETUS_CHECK(!holds_float(value));
    try {
        return value.dump();
    } catch (const Json::exception&) {  // non-UTF-8: the library's exceptions stop here
        QUIETUS_CHECK(false && "a string that is not UTF-8 reached canonical_json");
    }
    return {};
}

Json json_integer(std::uint64_t value) {
    if (value < kSafeInteger) return value;
    return std::to_string(value);
}

Result<std::uint64_t> integer_from(const Json& value, std::string_view what) {
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    // A value built in memory from an int; parsed ones are unsigned where they are not negative.
    if (value.is_number_integer() && value.get<std::int64_t>() >= 0)
        return static_cast<std::uint64_t>(value.get<std::int64_t>());
    if (const auto* text = value.get_ptr<const std::string*>(); text != nullptr && !text->empty()) {
        std::uint64_t number{};
        const auto [end, fault] =
            std::from_chars(text->data(), text->data() + text->size(), number);
        if (fault == std::errc{} && end == text->data() + text->size()) return number;
    }
    return failure(ErrorCode::bad_evidence, std::string{what} + ": not an unsigned integer");
}

Result<Json> member(const Json& object, const std::string& key) {
    if (!object.is_object())
        return failure(ErrorCode::bad_evidence,
                       "\"" + key + "\": asked of something that is not an object");
    const auto at = object.find(key);
    if (at == object.end()) return failure(ErrorCode::bad_evidence, "\"" + key + "\" is missing");
    return *at;
}

Result<std::string> string_member(const Json& object, const std::string& key) {
    const Json value = QUIETUS_TRY(member(object, key));
    if (!value.is_string())
        return failure(ErrorCode::bad_evidence, "\"" + key + "\" is not a string");
    return value.get<std::string>();
}

Result<std::uint64_t> integer_member(const Json& object, const std::string& key) {
    return integer_from(QUIETUS_TRY(member(object, key)), "\"" + key + "\"");
}

Result<bool> bool_member(const Json& object, const std::string& key) {
    const Json value = QUIETUS_TRY(member(object, key));
    if (!value.is_boolean())
        return failure(ErrorCode::bad_evidence, "\"" + key + "\" is not true or false");
    return value.get<bool>();
}

}  // namespace quietus
