#pragma once
// What a rendering shows, as a plain value: the same for PDF, HTML and label. All texts are safe
// (text_safety.h); nothing here knows of fonts, colours or markup.

#include <cstdint>
#include <string>
#include <vector>

namespace quietus::certs {

/// Nothing but `good` may look like a certificate.
enum class Standpoint { good, exception, failed, statement };

/// How a value is set.
enum class Setting {
    text,      ///< Words; wraps.
    identity,  ///< As fixed, and made to stand out.
    fixed,     ///< A serial number, a digest: one line, never broken, never hyphenated.
};

struct Row {
    std::string name;
    std::string value;
    Setting setting{Setting::text};
    friend bool operator==(const Row&, const Row&) = default;
};

struct Section {
    std::string title;
    std::vector<Row> rows;
    std::vector<std::string> sentences;
    friend bool operator==(const Section&, const Section&) = default;
};

enum class CellState { done, not_read, unwritten, mismatched, unreadable };

struct AreaMap {
    std::vector<CellState> cells;     ///< Equal parts of the addresses; empty: no picture.
    std::vector<std::string> legend;  ///< Beneath it, one entry for each kind that was found.
};

struct SpeedCurve {
    std::string name;                      ///< "written", "read back"
    std::vector<std::uint64_t> kib_per_s;  ///< For equal parts of the addresses; 0: not measured.
};

struct Page {
    Standpoint standpoint{Standpoint::failed};
    std::string title;   ///< "Record of sanitization"
    std::string badge;   ///< "ERASED"; empty for a statement.
    std::string stamp;   ///< "NOT A CERTIFICATE", or empty.
    std::string lead;    ///< What happened, in a sentence or two.
    std::string notice;  ///< "self-signed, not independent", or empty.
    std::string id, issued, issuer;
    std::string serial, model, ticket;
    Section drive, work;  ///< Side by side.
    AreaMap map;
    std::vector<SpeedCurve> speed;   ///< None: no picture.
    std::vector<Section> statement;  ///< Of a later statement: what it says.
    Section not_reached;             ///< Stays on the first page, as do limits and signatures.
    Section limits;
    Section people;
    Section signatures;
    std::vector<Section> detail;  ///< What goes to further pages where there is no room.
    std::string record_name;      ///< "certificate.json"
    std::string digest;           ///< Hex SHA-256 of the record's bytes.
    std::string authority;        ///< The sentence that names the JSON as authoritative.
    std::string qr;
};

}  // namespace quietus::certs
