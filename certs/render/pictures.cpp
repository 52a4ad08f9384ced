#include "certs/render/pictures.h"

#include <algorithm>

#include "base/units.h"
#include "certs/render/record_view.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kCells = 256;
constexpr std::size_t kSpeedParts = 64;
// A drive so small that a handful of requests covers it has no profile to show.
constexpr std::ptrdiff_t kMeasuredPartsMin = 16;

__extension__ using Wide = unsigned __int128;

// Each cell that a range touches, however little of it.
void mark(std::vector<CellState>& cells, const Json& ranges, std::uint64_t sectors,
          CellState state) {
    for (const Json& range : ranges) {
        if (!range.is_array() || range.size() != 2) continue;
        const auto first = integer_from(range[0], "");
        const auto count = integer_from(range[1], "");
        if (!first || !count || *count == 0 || *first >= sectors) continue;
        const std::uint64_t last = *first + std::min(*count, sectors - *first) - 1;
        const auto from = static_cast<std::size_t>(Wide{*first} * cells.size() / sectors);
        const auto to = static_cast<std::size_t>(Wide{last} * cells.size() / sectors);
        for (std::size_t i = from; i <= to && i < cells.size(); ++i)
            cells[i] = std::max(cells[i], state);
    }
}

void explain(AreaMap& map, CellState state, const std::string& words,
             const std::optional<std::uint64_t>& bytes) {
    if (std::find(map.cells.begin(), map.cells.end(), state) == map.cells.end()) return;
    map.legend.push_back(words + (bytes ? ": " + bytes_text(*bytes) : ""));
}

std::vector<std::uint64_t> pace_of(const Json& step) {
    std::vector<std::uint64_t> speeds;
    for (const Json& part : RecordView{&step}["pace"]["kib_per_s_by_64th"].list())
        speeds.push_back(integer_from(part, "").value_or(0));
    const auto measured_parts =
        std::count_if(speeds.begin(), speeds.end(), [](auto s) { return s != 0; });
    const bool measured = speeds.size() == kSpeedParts && measured_parts >= kMeasuredPartsMin;
    return measured ? speeds : std::vector<std::uint64_t>{};
}

}  // namespace

AreaMap area_map_of(const Json& record) {
    const RecordView view{&record};
    const RecordView seen = view["verification"], done = view["sanitization"];
    const std::uint64_t sector = view["drive"]["logical_sector"].number().value_or(0);
    const std::uint64_t size = view["drive"]["size_bytes"].number().value_or(0);
    AreaMap map;
    if (!done.has() || sector == 0 || size / sector == 0) return map;
    const std::uint64_t sectors = size / sector;
    const bool in_full = seen["class"].text() == "full";
    map.cells.assign(static_cast<std::size_t>(std::min<std::uint64_t>(kCells, sectors)),
                     in_full ? CellState::done : CellState::not_read);
    mark(map.cells, done["unwritten"].list(), sectors, CellState::unwritten);
    mark(map.cells, seen["mismatched"].list(), sectors, CellState::mismatched);
    mark(map.cells, seen["unreadable"].list(), sectors, CellState::unreadable);
    const bool by_sample = seen["class"].text() == "sample";
    // A full read-back that ended early does not say where: only ranges that are named are drawn.
    explain(map, CellState::done,
            seen["outcome"].text() != "pass"   ? "no fault is named here"
            : !done["commands"].list().empty() ? "erased by the drive, read back"
                                               : "written and read back",
            {});
    explain(map, CellState::not_read, by_sample ? "a sample read back" : "not read back", {});
    explain(map, CellState::unwritten,
            done["commands"].list().empty() ? "not written" : "not shown to be erased",
            done["unwritten_bytes"].number());
    explain(map, CellState::mismatched, "read as other bytes", seen["mismatched_bytes"].number());
    explain(map, CellState::unreadable, "not readable", seen["unreadable_bytes"].number());
    return map;
}

std::vector<SpeedCurve> speed_of(const Json& record) {
    SpeedCurve written{"written", {}}, read{"read back", {}};
    for (const Json& step : RecordView{&record}["sanitization"]["steps"].list()) {
        auto pace = pace_of(step);
        if (pace.empty()) continue;
        const bool wrote = RecordView{&step}["kind"].text() == "overwrite";
        (wrote ? written : read).kib_per_s = std::move(pace);
    }
    std::vector<SpeedCurve> curves;
    for (SpeedCurve* curve : {&written, &read})
        if (!curve->kib_per_s.empty()) curves.push_back(std::move(*curve));
    return curves;
}

}  // namespace quietus::certs
