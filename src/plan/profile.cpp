#include "plan/profile.h"

#include <algorithm>
#include <array>
#include <optional>
#include <toml++/toml.h>

#include "base/bytes.h"

namespace quietus {

namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kLineMax = 200;  // of title and citation: a line of a record
constexpr const char* kPassWords =
    "random, drawn, drawn-complement, 00, ff or pattern:HEX, each in quotes";

using Table = toml::table;

class Reader {
  public:
    Reader(const Table& table, const std::string& file) : table_{table}, file_{file} {}

    Result<Profile> read(const std::string& sha256) {
        QUIETUS_TRY(check_keys());
        Profile profile;
        Technique& technique = profile.technique;
        technique.name = QUIETUS_TRY(name());
        technique.title = QUIETUS_TRY(line("title")).value_or("own profile " + technique.name);
        technique.rounds = QUIETUS_TRY(rounds());
        technique.passes = QUIETUS_TRY(passes(technique.rounds));
        technique.status = "own profile";
        technique.profile_sha256 = sha256;
        if (const auto citation = QUIETUS_TRY(line("citation")))
            technique.references.push_back({*citation, "as the profile says", "not checked by us",
                                            "named by the author of the profile"});
        QUIETUS_TRY(read_verification(profile));
        return profile;
    }

  private:
    tl::unexpected<Error> fault(const toml::source_region& source, const std::string& what,
                                const std::string& remedy) const {
        return failure(ErrorCode::bad_evidence,
                       file_ + ":" + std::to_string(std::max(1U, source.begin.line)) + ": " + what,
                       remedy);
    }
    tl::unexpected<Error> missing(const std::string& key) const {
        return fault({}, "there is no " + key, "quietus-profile(5) has an example");
    }

    Result<void> check_keys() const {
        constexpr std::array<std::string_view, 6> kKeys{"citation", "name",  "passes",
                                                        "rounds",   "title", "verify"};
        for (const auto& [key, value] : table_) {
            if (std::find(kKeys.begin(), kKeys.end(), key.str()) == kKeys.end())
                return fault(key.source(), "unknown key '" + printable_text(key.str()) + "'",
                             "known keys: citation, name, passes, rounds, title, verify");
        }
        return {};
    }

    Result<std::optional<std::string>> text(const std::string& key) const {
        const toml::node* node = table_.get(key);
        if (node == nullptr) return std::optional<std::string>{};
        auto value = node->value_exact<std::string>();
        if (!value) return fault(node->source(), key + " must be a string", "put it in quotes");
        return value;
    }

    // One printable line, as it stands in records.
    Result<std::optional<std::string>> line(const std::string& key) const {
        auto value = QUIETUS_TRY(text(key));
        if (!value) return value;
        if (value->empty() || value->size() > kLineMax || printable_text(*value) != *value)
            return fault(table_.get(key)->source(), key + " is no printable line",
                         "1 to " + std::to_string(kLineMax) + " bytes, no control characters");
        return value;
    }

    Result<std::string> name() const {
        const auto value = QUIETUS_TRY(text("name"));
        if (!value) return missing("name");
        const auto source = table_.get("name")->source();
        const bool plain =
            !value->empty() && value->size() <= kNameMax &&
            value->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
        if (!plain)
            return fault(source, "not a name: '" + printable_text(*value) + "'",
                         "1 to 64 of a-z, 0-9 and -");
        if (find_technique(*value))
            return fault(source, "'" + *value + "' is the name of a technique of quietus",
                         "choose another name: a record must not be taken for one of that");
        return *value;
    }

    Result<int> rounds() const {
        const toml::node* node = table_.get("rounds");
        if (node == nullptr) return 1;
        const auto value = node->value_exact<std::int64_t>();
        if (!value || *value < 1 || *value > static_cast<std::int64_t>(kPassesMax))
            return fault(node->source(), "rounds is not a number from 1 to 100",
                         "how often all passes are written");
        return static_cast<int>(*value);
    }

    Result<std::vector<Pattern>> passes(int rounds) const {
        const toml::node* node = table_.get("passes");
        if (node == nullptr) return missing("passes");
        const toml::array* list = node->as_array();
        if (list == nullptr || list->empty())
            return fault(node->source(), "passes is not a list of patterns", kPassWords);
        if (list->size() * static_cast<std::size_t>(rounds) > kPassesMax)
            return fault(node->source(),
                         "passes times rounds is more than " + std::to_string(kPassesMax),
                         "one pass is enough for clear, and more never mean a higher level");
        std::vector<Pattern> all;
        int slot = 0;  // each "drawn" is a new draw, in each round again
        for (int round = 0; round < rounds; ++round) {
            for (const toml::node& word : *list) all.push_back(QUIETUS_TRY(pattern(word, slot)));
        }
        if (bytes_of_all(all) > kProfilePatternBytesMax)
            return fault(node->source(),
                         "the patterns have more than " + std::to_string(kProfilePatternBytesMax) +
                             " bytes together",
                         "the record names each pass in full: take shorter patterns");
        return all;
    }

    static std::size_t bytes_of_all(const std::vector<Pattern>& passes) {
        std::size_t sum = 0;
        for (const Pattern& pattern : passes) {
            if (const auto* constant = std::get_if<ConstantPattern>(&pattern))
                sum += constant->bytes.size();
        }
        return sum;
    }

    Result<Pattern> pattern(const toml::node& node, int& slot) const {
        const auto word = node.value_exact<std::string>();
        if (!word) return fault(node.source(), "a pass is not a string", kPassWords);
        if (*word == "random") return Pattern{KeystreamPattern{}};
        if (*word == "drawn") return Pattern{DrawnBytePattern{.slot = ++slot, .complement = false}};
        if (*word == "drawn-complement") {
            if (slot == 0)
                return fault(node.source(), "drawn-complement without a drawn before it",
                             "it writes the complement of the byte of the last drawn");
            return Pattern{DrawnBytePattern{.slot = slot, .complement = true}};
        }
        return constant(*word, node.source());
    }

    // As --technique takes it: zero, ones, pattern:HEX; and the short 00, ff.
    Result<Pattern> constant(const std::string& word, const toml::source_region& source) const {
        auto pattern = parse_pattern(word);
        const bool constant = pattern && std::holds_alternative<ConstantPattern>(*pattern);
        if (constant) return *pattern;
        if (word == "zero" || word == "ones" || word.starts_with("pattern:")) {
            if (const auto technique = find_technique(word)) return technique->passes.front();
        }
        return fault(source, "not a pattern: '" + printable_text(word.substr(0, kLineMax)) + "'",
                     kPassWords);
    }

    Result<void> read_verification(Profile& profile) const {
        const std::string word = QUIETUS_TRY(text("verify")).value_or("last");
        const int count = static_cast<int>(profile.technique.passes.size());
        if (word == "each") {
            for (int pass = 1; pass <= count; ++pass) profile.technique.verified.push_back(pass);
        } else if (word == "last") {
            profile.technique.verified = {count};
        } else if (word == "none") {
            profile.reads_nothing_back = true;
        } else {
            return fault(table_.get("verify")->source(),
                         "unknown verification '" + printable_text(word.substr(0, kLineMax)) + "'",
                         "one of last, each, none");
        }
        return {};
    }

    const Table& table_;
    const std::string& file_;
};

}  // namespace

Result<Profile> parse_profile(std::string_view text, const std::string& file) {
    const std::string shown = printable_text(file);
    if (text.size() > kProfileSizeMax)
        return failure(ErrorCode::bad_evidence, shown + ": too large for a profile",
                       "a profile names a few patterns; quietus-profile(5) has an example");
    try {
        const Table table = toml::parse(text, shown);
        return Reader{table, shown}.read(sha256_hex(text));
    } catch (const toml::parse_error& fault) {  // the library's exceptions stop here
        return failure(ErrorCode::bad_evidence,
                       shown + ":" + std::to_string(std::max(1U, fault.source().begin.line)) +
                           ": " + printable_text(fault.description()),
                       "a profile is TOML; quietus-profile(5) has an example");
    }
}

}  // namespace quietus
