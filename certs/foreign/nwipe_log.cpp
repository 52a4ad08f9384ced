// The two tables at the end of a log of nwipe: errors, and the status of each drive. Columns are
// found by their bars, since their widths differ between versions.

#include <array>
#include <map>

#include "base/bytes.h"
#include "certs/foreign/foreign.h"

namespace quietus::certs {

namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r!");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> columns_of(std::string_view line) {
    std::vector<std::string> columns;
    for (std::size_t at = 0;;) {
        const auto bar = line.find('|', at);
        columns.push_back(printable_text(trimmed(line.substr(at, bar - at))));
        if (bar == std::string_view::npos) return columns;
        at = bar + 1;
    }
}

// "[time]  notice:   banner   = nwipe 0.33" → "nwipe 0.33"
std::string option_of(std::string_view line, std::string_view name) {
    const auto at = line.find(name);
    if (at == std::string_view::npos) return {};
    const auto rest = line.substr(at + name.size());
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos || !trimmed(rest.substr(0, equals)).empty()) return {};
    return printable_text(trimmed(rest.substr(equals + 1)));
}

enum class Table { none, errors, status };

struct Reader {
    std::string tool{"nwipe"}, version, method, first_time, last_time;
    std::map<std::string, std::vector<std::string>> errors;  // by device
    std::vector<ForeignClaim> claims;
    std::vector<std::string> devices;  // of the claims
    Table table{Table::none};

    void take(std::string_view line) {
        if (line.find("Error Summary") != std::string_view::npos) table = Table::errors;
        if (line.find("Drive Status") != std::string_view::npos) table = Table::status;
        if (line.starts_with("[")) take_message(line);
        // A heading begins with "!", a rule has no bars.
        if (line.find('|') == std::string_view::npos || line.starts_with("!")) return;
        const auto columns = columns_of(line);
        if (table == Table::errors && columns.size() >= 3) take_errors(columns);
        if (table == Table::status && columns.size() == 5) take_status(columns);
    }

    void take_message(std::string_view line) {
        const auto end = line.find(']');
        if (end == std::string_view::npos) return;
        last_time = printable_text(line.substr(1, end - 1));
        if (first_time.empty()) first_time = last_time;
        if (auto banner = option_of(line, "banner"); banner.starts_with("nwipe "))
            version = banner.substr(6);
        if (auto name = option_of(line, "method"); !name.empty()) method = std::move(name);
    }

    void take_errors(const std::vector<std::string>& columns) {
        constexpr std::array kNames{"pass errors", "verification errors", "sync errors"};
        for (std::size_t i = 1; i < columns.size() && i <= kNames.size(); ++i) {
            if (columns[i] != "0")
                errors[columns[0]].push_back(std::string{kNames.at(i - 1)} + ": " + columns[i]);
        }
    }

    void take_status(const std::vector<std::string>& columns) {
        ForeignClaim claim;
        claim.result = columns[1];
        claim.claims_success = columns[1] == "Erased";
        const auto slash = columns[4].rfind('/');
        if (slash == std::string::npos) {
            claim.model = columns[4];
        } else {
            claim.model = columns[4].substr(0, slash);
            claim.serial = columns[4].substr(slash + 1);
        }
        claims.push_back(std::move(claim));
        devices.push_back(columns[0]);
    }

    std::vector<ForeignClaim> finished() {
        for (std::size_t i = 0; i < claims.size(); ++i) {
            claims[i].tool = tool;
            claims[i].tool_version = version;
            claims[i].method = method;
            claims[i].started = first_time;
            claims[i].ended = last_time;
            claims[i].remarks = errors[devices[i]];
        }
        return std::move(claims);
    }
};

}  // namespace

Result<std::vector<ForeignClaim>> read_nwipe_log(std::string_view report) {
    Reader reader;
    for (std::size_t at = 0; at < report.size();) {
        const auto end = report.find('\n', at);
        reader.take(report.substr(at, end - at));
        if (end == std::string_view::npos) break;
        at = end + 1;
    }
    auto claims = reader.finished();
    if (claims.empty())
        return failure(ErrorCode::bad_evidence,
                       "no log of nwipe: it has no table of the status of drives",
                       "give the whole log of a run that came to its end");
    return claims;
}

}  // namespace quietus::certs
