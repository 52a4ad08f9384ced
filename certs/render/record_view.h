#pragma once
// Looks into a record that may lack anything: every answer is a safe text, none is an error.

#include <optional>
#include <string>

#include "base/json.h"

namespace quietus::certs {

/// One place in a record: view["drive"]["serial"]. A place that is not there stays not there.
class RecordView {
  public:
    explicit RecordView(const Json* at) : at_{at} {}
    RecordView operator[](const char* key) const;

    const Json* json() const { return at_; }
    /// Is there a value, and not {"unavailable": why}?
    bool has() const;
    /// Safe text of a value; of an unavailable one "not available: why"; empty where nothing is.
    std::string text() const;
    /// text(), or nothing where the value was not had.
    std::string text_if_had() const;
    std::optional<std::uint64_t> number() const;
    /// The elements of an array; none where it is no array.
    const Json& list() const;

  private:
    const Json* at_;
};

/// "8 388 608 bytes"
std::string bytes_text(std::uint64_t bytes);
/// "8.4 MB (8 388 608 bytes)"
std::string size_text(std::uint64_t bytes);
/// "2026-11-22 01:28:03 UTC" of an RFC 3339 time; another text as it is.
std::string time_text(const std::string& rfc3339);
/// "custody" → "Custody"
std::string capitalised(std::string text);
/// Any value in words: members as "name: value", elements separated by semicolons.
std::string value_text(const Json& value, int depth = 0);

}  // namespace quietus::certs
