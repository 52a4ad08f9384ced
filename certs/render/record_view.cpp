#include "certs/render/record_view.h"

#include "base/units.h"
#include "base/utc_time.h"
#include "certs/render/text_safety.h"

namespace quietus::certs {

namespace {

constexpr int kDepthMax = 6;
constexpr std::size_t kElementsMax = 24;

const Json& nothing() {
    static const Json kEmpty = Json::array();
    return kEmpty;
}

const std::string* why_unavailable(const Json& value) {
    if (!value.is_object() || value.size() != 1) return nullptr;
    const auto why = value.find("unavailable");
    return why == value.end() ? nullptr : why->get_ptr<const std::string*>();
}

}  // namespace

RecordView RecordView::operator[](const char* key) const {
    if (at_ == nullptr || !at_->is_object()) return RecordView{nullptr};
    const auto found = at_->find(key);
    return RecordView{found == at_->end() ? nullptr : &*found};
}

bool RecordView::has() const {
    return at_ != nullptr && !at_->is_null() && why_unavailable(*at_) == nullptr;
}

std::string RecordView::text() const {
    return at_ == nullptr ? std::string{} : value_text(*at_);
}

std::string RecordView::text_if_had() const {
    return has() ? text() : std::string{};
}

std::optional<std::uint64_t> RecordView::number() const {
    if (at_ == nullptr) return std::nullopt;
    const auto number = integer_from(*at_, "");
    return number ? std::optional{*number} : std::nullopt;
}

const Json& RecordView::list() const {
    return at_ != nullptr && at_->is_array() ? *at_ : nothing();
}

std::string bytes_text(std::uint64_t bytes) {
    const std::string digits = std::to_string(bytes);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ' ';
        text += digits[i];
    }
    return text + (bytes == 1 ? " byte" : " bytes");
}

std::string size_text(std::uint64_t bytes) {
    if (bytes < 1000) return bytes_text(bytes);
    return human_size({bytes}) + " (" + bytes_text(bytes) + ")";
}

std::string time_text(const std::string& rfc3339) {
    if (!parse_rfc3339(rfc3339) || rfc3339.size() < 19) return safe_text(rfc3339);
    return rfc3339.substr(0, 10) + " " + rfc3339.substr(11, 8) + " UTC";
}

std::string capitalised(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
        text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

// NOLINTNEXTLINE(misc-no-recursion): no deeper than kDepthMax
std::string value_text(const Json& value, int depth) {
    if (const std::string* why = why_unavailable(value)) return "not available: " + safe_text(*why);
    if (const auto* text = value.get_ptr<const std::string*>()) return safe_text(*text);
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (!value.is_structured()) return safe_text(value.dump());
    if (depth >= kDepthMax) return "[see the record]";
    std::string text;
    std::size_t count = 0;
    for (const auto& [key, part] : value.items()) {
        if (!text.empty()) text += "; ";
        if (++count > kElementsMax) {
            text += "and " + std::to_string(value.size() - kElementsMax) + " more in the record";
            break;
        }
        if (value.is_object()) text += safe_text(key) + ": ";
        text += value_text(part, depth + 1);
    }
    return text.empty() ? "none" : text;
}

}  // namespace quietus::certs
