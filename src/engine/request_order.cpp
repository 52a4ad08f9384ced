#include "engine/request_order.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/result.h"

namespace quietus::engine {

namespace {

// A drive that has done nothing by then does nothing.
constexpr std::uint64_t kHopelessAfter = 64;
// Failures in a row after which a place that was good is tried again: is the drive still there?
constexpr std::uint64_t kProbeAfter = 256;
// Failed sweep requests in a row after which the sweep jumps, further each time.
constexpr unsigned kSkipAfter = 3;
constexpr unsigned kSkipDoublings = 20;
// A jump is at most this share of the extents.
constexpr std::uint64_t kSkipShare = 64;

std::uint64_t total_of(const std::vector<Range>& extents) {
    std::uint64_t total = 0;
    for (const Range& extent : extents) total += extent.count;
    return total;
}

std::string text_of(const Range& range) {
    return std::to_string(range.count) + " bytes at byte " + std::to_string(range.first);
}

}  // namespace

bool RequestOrder::BigFirst::operator()(const Piece& a, const Piece& b) const {
    const auto place = [&](const Piece& piece) {
        return backward ? ~piece.range.first : piece.range.first;
    };
    return std::tuple{a.tries, ~a.range.count, place(a)} <
           std::tuple{b.tries, ~b.range.count, place(b)};
}

RequestOrder::RequestOrder(const std::vector<Range>& extents, std::size_t request_size,
                           SectorSizes sectors, BadAreaPolicy policy)
    : request_size_{request_size},
      sectors_{sectors},
      policy_{policy},
      skip_max_{std::max<std::uint64_t>(total_of(extents) / kSkipShare, request_size)},
      backward_{policy.backward},
      pieces_{BigFirst{policy.backward}},
      total_{total_of(extents)} {
    QUIETUS_CHECK(sectors_.logical > 0 && sectors_.physical % sectors_.logical == 0);
    std::copy_if(extents.begin(), extents.end(), std::back_inserter(sweep_),
                 [](const Range& extent) { return extent.count > 0; });
}

// -- What comes next
// ------------------------------------------------------------------------------------------------

std::optional<Range> RequestOrder::next() {
    if (!hopeless_.empty()) return std::nullopt;
    if (auto range = probe()) return range;
    if (auto range = next_of_sweep()) {
        ++sweep_out_;
        return range;
    }
    return next_piece();
}

std::optional<Range> RequestOrder::next_piece() {
    const auto at = std::find_if(pieces_.begin(), pieces_.end(), [this](const Piece& piece) {
        return !touches_what_is_out(piece.range);
    });
    if (at == pieces_.end()) return std::nullopt;
    const Piece piece = *at;
    pieces_.erase(at);
    if (piece.tries > 0) ++retried_;
    out_.emplace(piece.range.first, piece);
    return piece.range;
}

// Kernels and hypervisors make one request of two that touch each other, and tell both that they
// failed where one did: a good sector would be given up with its bad neighbour.
bool RequestOrder::touches_what_is_out(const Range& range) const {
    const auto after = out_.lower_bound(range.first);
    if (after != out_.end() && after->first <= range.end()) return true;
    return after != out_.begin() && std::prev(after)->second.range.end() >= range.first;
}

std::optional<Range> RequestOrder::next_of_sweep() {
    if (sweep_.empty() && !skipped_.empty()) {
        // What was jumped over comes from its other side: the edge of a bad area is met there.
        std::swap(sweep_, skipped_);
        std::sort(sweep_.begin(), sweep_.end(),
                  [](const Range& a, const Range& b) { return a.first < b.first; });
        backward_ = !backward_;
        may_skip_ = false;
    }
    if (sweep_.empty()) return std::nullopt;
    Range& from = backward_ ? sweep_.back() : sweep_.front();
    // The first request of an extent ends where a physical sector does: a request later on touches
    // no more of them than it has to. Backwards too, requests begin where they would forwards.
    const std::uint64_t lead =
        request_size_ % sectors_.physical == 0 ? from.first % sectors_.physical : 0;
    const std::uint64_t tail = (from.count + lead) % request_size_;
    const std::uint64_t whole =
        backward_ && tail != 0 ? tail : request_size_ - (backward_ ? 0 : lead);
    const std::uint64_t size = std::min(whole, from.count);
    const Range request{backward_ ? from.end() - size : from.first, size};
    if (!backward_) from.first += size;
    from.count -= size;
    if (from.count == 0) backward_ ? sweep_.pop_back() : sweep_.pop_front();
    return request;
}

// Failures in a row may be one large bad area, or a drive that is no longer there: a place that was
// good tells.
std::optional<Range> RequestOrder::probe() {
    if (probing_ || failed_in_a_row_ < kProbeAfter || !last_good_) return std::nullopt;
    if (out_.contains(last_good_->first)) return std::nullopt;
    probing_ = true;
    out_.emplace(last_good_->first, Piece{.range = *last_good_});
    return last_good_;
}

bool RequestOrder::at_end() const {
    return sweep_.empty() && skipped_.empty() && pieces_.empty() && out_.empty() && sweep_out_ == 0;
}

RangeSet RequestOrder::failed_so_far() const {
    RangeSet failed = given_up_;
    for (const Piece& piece : pieces_) failed.add(piece.range);
    for (const auto& [first, piece] : out_) {
        if (piece.region) failed.add(piece.range);
    }
    return failed;
}

// -- What became of it
// ------------------------------------------------------------------------------------------------

void RequestOrder::came_back(const Range& request, std::chrono::nanoseconds took) {
    failed_in_a_row_ = 0;
    last_good_ = request;
    const auto at = out_.find(request.first);
    if (at == out_.end()) {
        --sweep_out_;
        misses_ = 0;
        return;
    }
    const Piece piece = at->second;
    out_.erase(at);
    if (piece.region)
        charge(*piece.region, took);
    else
        probing_ = false;
}

bool RequestOrder::failed(const Range& request, Setback setback, std::chrono::nanoseconds took) {
    ++failed_requests_;
    ++failed_in_a_row_;
    Piece piece{.range = request};
    const auto at = out_.find(request.first);
    if (at == out_.end()) {
        --sweep_out_;
        piece.region = spent_.size();
        spent_.emplace_back(0);
        ++misses_;
        skip_ahead();
    } else {
        piece = at->second;
        out_.erase(at);
    }
    if (!piece.region) {
        hopeless_ = "nothing is answered any more, not even where it was before";
        return false;
    }
    bool last_try = false;
    if (piece.range.count > sectors_.logical) {
        split(piece);
    } else if (setback == Setback::transient && piece.tries < policy_.retries) {
        pieces_.insert({.range = piece.range, .region = piece.region, .tries = piece.tries + 1});
    } else {
        give_up(piece.range);
        last_try = true;
    }
    charge(*piece.region, took);
    look_for_hope();
    return last_try;
}

void RequestOrder::skip_ahead() {
    if (!may_skip_ || misses_ < kSkipAfter || sweep_.empty()) return;
    const std::uint64_t wanted =
        std::min<std::uint64_t>(skip_max_ / request_size_,
                                std::uint64_t{1} << std::min(misses_ - kSkipAfter, kSkipDoublings));
    Range& from = backward_ ? sweep_.back() : sweep_.front();
    const std::uint64_t size = std::min(wanted * request_size_, from.count);
    skipped_.push_back({backward_ ? from.end() - size : from.first, size});
    if (!backward_) from.first += size;
    from.count -= size;
    if (from.count == 0) backward_ ? sweep_.pop_back() : sweep_.pop_front();
}

// Whole physical sectors as long as there is more than one: a write of all of it heals a sector
// that a write of a part of it, which the drive has to read first, cannot.
void RequestOrder::split(const Piece& piece) {
    const Range& range = piece.range;
    const std::uint64_t last = range.end() - 1;
    const bool several = range.first / sectors_.physical != last / sectors_.physical;
    const std::uint64_t unit = several ? sectors_.physical : sectors_.logical;
    // Halves in units, also where the first or the last is there in part.
    const std::uint64_t units = last / unit - range.first / unit + 1;
    const std::uint64_t middle = (range.first / unit + units / 2) * unit;
    QUIETUS_CHECK(range.first < middle && middle < range.end());
    pieces_.insert({.range = {range.first, middle - range.first}, .region = piece.region});
    pieces_.insert({.range = {middle, range.end() - middle}, .region = piece.region});
}

void RequestOrder::give_up(const Range& range) {
    given_up_.add(range);
    given_up_bytes_ += range.count;
    if (limit_passed_.empty() && given_up_bytes_ > total_ / policy_.given_up_share)
        limit_passed_ =
            "more than one byte in " + std::to_string(policy_.given_up_share) + " is bad";
    if (given_up_.ranges().size() > policy_.ranges_max && hopeless_.empty())
        hopeless_ = "more than " + std::to_string(policy_.ranges_max) + " separate ranges are bad";
}

void RequestOrder::charge(std::size_t region, std::chrono::nanoseconds took) {
    spent_[region] += took;
    if (spent_[region] > policy_.region_time) give_up_region(region);
}

void RequestOrder::give_up_region(std::size_t region) {
    for (auto at = pieces_.begin(); at != pieces_.end();) {
        if (at->region != region) {
            ++at;
            continue;
        }
        if (limit_passed_.empty())
            limit_passed_ =
                "a bad area took longer than it may (" +
                std::to_string(
                    std::chrono::ceil<std::chrono::seconds>(policy_.region_time).count()) +
                " s): " + text_of(at->range) + " were given up untried";
        give_up(at->range);
        at = pieces_.erase(at);
    }
}

void RequestOrder::look_for_hope() {
    if (!hopeless_.empty()) return;
    if (!last_good_ && failed_in_a_row_ >= kHopelessAfter)
        hopeless_ = "none of the first " + std::to_string(failed_in_a_row_) + " requests succeeded";
    else if (failed_requests_ > policy_.failed_requests_max)
        hopeless_ = "more than " + std::to_string(policy_.failed_requests_max) + " requests failed";
}

}  // namespace quietus::engine
