#pragma once
// `quietus second-lot`: which drives a second tool reads back, and whether it has.

#include <string>
#include <vector>

#include "app/certificate.h"
#include "app/settings.h"
#include "certs/register/register.h"

namespace quietus::app {

struct LotRequest {
    std::string fraction{"20%"};
    std::string nonce;      ///< Hex, from outside.
    std::uint64_t size{0};  ///< Entries of the register when the lot was drawn; 0: all of now.
    bool check{false};      ///< Look for the other tool's results.
    TrustFlags trust;
};

struct LotDrive {
    certs::LeafFacts facts;
    std::string outcome;  ///< "pass", "fail", "missing"; empty where it was not asked.
};

struct Lot {
    std::uint64_t register_size{0};  ///< Entries it was drawn from.
    std::string register_id;
    std::string root;  ///< Of the register's tree now; empty where an older size was asked for.
    std::uint64_t sanitizations{0};  ///< Of them.
    std::vector<LotDrive> drives;    ///< In the order drawn.
};

/// `usage` for a share or nonce that is none, or a register smaller than `size`.
Result<Lot> second_lot(const Settings& settings, const Clock& clock, const LotRequest& request);

}  // namespace quietus::app
